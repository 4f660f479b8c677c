// Passkeys: a button [data-passkey] asks the browser for one, puts the answer into its form and
// sends that. What to ask stands in data-options, or is fetched from data-from.
const TROUBLE =
  "Nothing was signed: it was cancelled, took too long, or this device has no passkey of yours.";
const OLD = "This browser is too old for passkeys.";

async function options(button) {
  if (button.dataset.options) return JSON.parse(button.dataset.options);
  const answer = await fetch(button.dataset.from, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`The console answered ${answer.status}.`);
  return (await answer.json()).request_options;
}

async function credential(button) {
  const { publicKey: asked } = await options(button);
  const kind = PublicKeyCredential;
  return button.dataset.passkey === "create"
    ? navigator.credentials.create({ publicKey: kind.parseCreationOptionsFromJSON(asked) })
    : navigator.credentials.get({ publicKey: kind.parseRequestOptionsFromJSON(asked) });
}

function say(form, words) {
  const place = form.querySelector("[data-passkey-trouble]");
  place.textContent = words;
  place.hidden = false;
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-passkey]");
  if (!button) return;
  event.preventDefault();
  const { form } = button;
  if (!window.PublicKeyCredential?.parseRequestOptionsFromJSON) return say(form, OLD);
  button.disabled = true;
  try {
    form.elements.credential.value = JSON.stringify(await credential(button));
    form.requestSubmit();
  } catch (error) {
    say(form, error instanceof DOMException ? TROUBLE : error.message);
  } finally {
    button.disabled = false;
  }
});

// disabled until somebody listens
for (const button of document.querySelectorAll("[data-passkey]")) button.disabled = false;
