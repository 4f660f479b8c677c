// What every page does; the server sends a script with all that it imports as one file.
import "./clock.js";
import "./local-time.js";
import "./theme-switch.js";
import "./keys.js";
import "./sending.js";
import "./back.js";
import "./dialogs.js";
import "./toasts.js";
import "./copy.js";
import "./progress.js";
import "./feed.js";
import "./needs.js";
import "./levers.js";
import "./narrow.js";
import "./palette.js";
import "./live.js";
