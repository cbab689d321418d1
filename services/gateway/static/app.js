// What HTML alone can't do: the keyboard, the upload's progress, copying, pictures that fail to load.
// Everything works without it except these.
"use strict";

// Under a session, what a page does carries the session's token; its plain forms have it as a field.
const token = document.querySelector("meta[name=csrf-token]")?.content;
document.addEventListener("htmx:configRequest", (event) => {
  if (token) event.detail.headers["X-CSRF-Token"] = token;
});

const typing = (target) => target.matches("input:not(.pick), select, textarea");

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape") return closePanels();
  if (typing(event.target)) return;
  const names = [...document.querySelectorAll(".batches .name")];
  const at = names.indexOf(document.activeElement);
  if (event.key === "j" && names.length) names[Math.min(at + 1, names.length - 1)].focus();
  if (event.key === "k" && names.length) names[Math.max(at - 1, 0)].focus();
  if (event.key === "x" && at >= 0) names[at].closest("li").querySelector(".pick")?.click();
  if (event.key === "/") focusOn(event, "input[type=search]");
  if (event.key === "n") openNew(event);
});

document.addEventListener("change", (event) => {
  if (!event.target.matches(".pick")) return;
  const marked = document.querySelectorAll(".pick:checked").length;
  document.querySelector("#picked").textContent = marked ? `${marked} marked` : "none marked";
});

function closePanels() {
  for (const open of document.querySelectorAll("details[open]")) {
    open.open = false;
    open.querySelector("summary").focus();
  }
}

// A panel is open until something else is meant.
document.addEventListener("click", (event) => {
  for (const open of document.querySelectorAll("details[open]:has(> .panel)")) {
    if (!open.contains(event.target)) open.open = false;
  }
});

function focusOn(event, selector) {
  const found = document.querySelector(selector);
  if (!found) return;
  event.preventDefault();
  found.focus();
}

function openNew(event) {
  const panel = document.querySelector("details.new");
  if (!panel) return;
  panel.open = true;
  focusOn(event, "details.new input[type=file]");
}

// A live part that comes as it is already shown is left alone: a menu in it stays open, what was typed stays.
const shown = new WeakMap();
const parsed = (html) => Object.assign(document.createElement("template"), { innerHTML: html }).innerHTML.trim();
for (const part of document.querySelectorAll("[sse-swap]")) shown.set(part, part.innerHTML.trim());
document.addEventListener("htmx:sseBeforeMessage", (event) => {
  const html = parsed(event.detail.data);
  if (shown.get(event.target) === html) event.preventDefault();
  shown.set(event.target, html);
});

// htmx is silent about what was refused. Without a session any more, the page itself leads to the login.
for (const kind of ["htmx:responseError", "htmx:sendError"]) {
  document.addEventListener(kind, ({ detail: { xhr } }) => {
    if (xhr.status === 401) return location.reload();
    const line = Object.assign(document.createElement("p"), { id: "problem", className: "problem", role: "alert" });
    line.textContent = xhr.status ? sentence(xhr.responseText) : "The server could not be reached. Try again.";
    document.querySelector("main").prepend(line);
  });
}
document.addEventListener("htmx:beforeRequest", () => document.querySelector("#problem")?.remove());

// How far a batch is stands in its tab, too.
document.addEventListener("htmx:sseMessage", () => {
  const share = document.querySelector(".big b")?.textContent;
  if (share) document.title = document.title.replace(/^([\d.]+ % · )?/, `${share} · `);
});

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  await navigator.clipboard.writeText(button.dataset.copy);
  const shown = button.textContent;
  button.textContent = "copied";
  setTimeout(() => { button.textContent = shown; }, 1200);
});

document.addEventListener("error", (event) => {
  if (event.target instanceof HTMLImageElement) event.target.classList.add("broken");
}, true);

// The same upload keeps its key, so that a second try after a lost answer makes no second batch.
document.addEventListener("change", (event) => {
  if (event.target.form?.matches("form.upload")) delete event.target.form.dataset.key;
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("form.upload")) return;
  event.preventDefault();
  const file = form.elements.file.files[0];
  const most = Number(form.dataset.maxMb);
  if (file.size > most * 1048576) {
    return say(form, `The file has ${(file.size / 1048576).toFixed(0)} MB; at most ${most} MB are taken. Split it, or pack it as .csv.gz.`);
  }
  send(form);
});

function send(form) {
  const request = new XMLHttpRequest();
  const bar = form.querySelector("progress");
  const button = form.querySelector("button");
  button.disabled = true;
  bar.hidden = false;
  request.upload.onprogress = (event) => { bar.value = 100 * event.loaded / event.total; };
  request.onload = () => {
    if (request.status === 201) {
      location.assign(`/batch/${JSON.parse(request.responseText).data.batch_id}`);
      return;
    }
    failed(form, sentence(request.responseText));
  };
  request.onerror = () => failed(form, "The server could not be reached. Nothing was stored; try again.");
  request.open("POST", "/api/v1/batches");
  if (token) request.setRequestHeader("X-CSRF-Token", token);
  request.setRequestHeader("Idempotency-Key", form.dataset.key ??= crypto.randomUUID());
  request.send(new FormData(form));
}

function failed(form, text) {
  form.querySelector("button").disabled = false;
  form.querySelector("progress").hidden = true;
  say(form, text);
}

function sentence(reply) {
  try {
    return JSON.parse(reply).error;
  } catch {
    return "The server gave no readable answer. Try again.";
  }
}

function say(form, text) {
  const output = form.querySelector("output");
  output.className = "bad";
  output.textContent = text;
}
