// What this browser keeps for whoever uses it; theme.js reads it. One that keeps nothing forgets it
// with the page.
export function keep(name, value) {
  try {
    if (value) localStorage.setItem(name, value);
    else localStorage.removeItem(name);
  } catch (error) {
    console.info("this is not kept:", error.name);
  }
}
