// A key that would do what cannot be undone only arms its button ([data-arms] says what): Enter
// does it, Escape or anything else lets it be.
const LASTS = 6000;
let [armed, words, timer] = [null, null, 0];

// What was changed in the form is asked back by the server, with what it was and what it is now.
export const arms = ({ dataset, form }) =>
  "arms" in dataset && !form?.querySelector("[data-argument].edited");

export function arm(button) {
  disarm();
  const label = button.querySelector("[data-label]");
  [armed, words] = [button, label.textContent];
  label.textContent = `Enter to ${button.dataset.arms}`;
  button.classList.add("armed");
  document.getElementById("announcer").textContent =
    `Press Enter to ${button.dataset.arms}, Escape to leave it`;
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
