// What a browser gives only when asked: a button [data-credential] asks it for a passkey (what to
// ask stands in data-options, or is fetched from data-from) or for a way to reach it (push), puts
// the answer into its form and sends that.
const TROUBLE =
  "Nothing was signed: it was cancelled, took too long, or this device has no passkey of yours.";
const OLD = "This browser is too old for passkeys.";
const DEAF =
  "This browser cannot be told here: it knows no push messages, or this is no HTTPS address.";

async function options(button) {
  if (button.dataset.options) return JSON.parse(button.dataset.options);
  const answer = await fetch(button.dataset.from, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`The console answered ${answer.status}.`);
  return (await answer.json()).request_options;
}

async function passkey(button) {
  const kind = window.PublicKeyCredential;
  if (!kind?.parseRequestOptionsFromJSON) throw new Error(OLD);
  const { publicKey: asked } = await options(button);
  return button.dataset.credential === "create"
    ? navigator.credentials.create({ publicKey: kind.parseCreationOptionsFromJSON(asked) })
    : navigator.credentials.get({ publicKey: kind.parseRequestOptionsFromJSON(asked) });
}

// A subscription for another key than the console's of today reaches nobody: it is made anew.
async function reached({ dataset: { worker, key, denied } }) {
  if (!navigator.serviceWorker || !window.PushManager) throw new Error(DEAF);
  if ((await Notification.requestPermission()) !== "granted") throw new Error(denied);
  await navigator.serviceWorker.register(worker);
  const { pushManager } = await navigator.serviceWorker.ready;
  const ask = () => pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
  return ask().catch(async (error) => {
    if (!(await (await pushManager.getSubscription())?.unsubscribe())) throw error;
    return ask();
  });
}

function say(form, words) {
  const place = form.querySelector("[data-credential-trouble]");
  place.textContent = words;
  place.hidden = false;
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-credential]");
  if (!button) return;
  event.preventDefault();
  const { form } = button;
  const [ask, trouble] = button.dataset.credential === "push" ? [reached] : [passkey, TROUBLE];
  button.disabled = true;
  try {
    form.elements.credential.value = JSON.stringify(await ask(button));
    form.requestSubmit();
  } catch (error) {
    say(form, (error instanceof DOMException && trouble) || error.message);
  } finally {
    button.disabled = false;
  }
});

// disabled until somebody listens
for (const button of document.querySelectorAll("[data-credential]")) button.disabled = false;
