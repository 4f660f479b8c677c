// A key that would do what cannot be undone only arms its button ([data-arms] says what): Enter
// does it, Escape or anything else lets it be.
const LASTS = 6000;
let [armed, words, timer] = [null, null, 0];

// What would be done, with what the person has changed in the form: the words on the page are the
// proposal's.
function what(button) {
  const edited = [...(button.form?.querySelectorAll("[data-argument].edited") ?? [])].map(
    (argument) => {
      const control = argument.querySelector("input, select, textarea");
      return `${argument.dataset.label} ${control.value}`.slice(0, 60);
    },
  );
  return edited.length && "edits" in button.dataset
    ? `approve with ${edited.join(", ")}`
    : button.dataset.arms;
}

export function arm(button) {
  disarm();
  const label = button.querySelector("[data-label]");
  [armed, words] = [button, label.textContent];
  label.textContent = `Enter to ${what(button)}`;
  button.classList.add("armed");
  document.getElementById("announcer").textContent =
    `Press Enter to ${what(button)}, Escape to leave it`;
  timer = setTimeout(disarm, LASTS);
}

export function disarm() {
  clearTimeout(timer);
  if (!armed) return;
  armed.classList.remove("armed");
  armed.querySelector("[data-label]").textContent = words;
  armed = null;
}

// Enter while something is armed: true when it was taken.
export function fire() {
  const button = armed;
  disarm();
  if (!button?.isConnected || button.disabled || button.getAttribute("aria-disabled") === "true")
    return false;
  button.click();
  return true;
}

export const isArmed = () => armed !== null;

const HAPPENS = "focusin scroll pointerdown visibilitychange input card-changed";
for (const happens of HAPPENS.split(" ")) document.addEventListener(happens, disarm, true);
addEventListener("blur", disarm);
