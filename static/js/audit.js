// The audit: the box that searches it.
import "./console.js";
import "./query-box.js";
