// What makes the console quicker for those who have scripts. Without it every page works.
"use strict";

document.documentElement.classList.add("scripted");

const parse = (html) => new DOMParser().parseFromString(html, "text/html");

// What went wrong is where somebody has to look first.
document.querySelector("[data-focus]")?.focus();
// On a narrow screen the place one is at may lie beyond the edge.
for (const bar of document.querySelectorAll(".bar nav")) {
  bar.scrollLeft = bar.querySelector("[aria-current]")?.offsetLeft - bar.offsetLeft - 16 || 0;
}
// What is newest stands to the right of a chart.
for (const room of document.querySelectorAll(".chart-room")) room.scrollLeft = room.scrollWidth;
for (const hint of document.querySelectorAll(".keys")) hint.hidden = false;

// A form that was sent is not sent again by a second click; its id would make it one wish anyway.
for (const form of document.querySelectorAll("form[data-once]")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "yes";
    const pressed = event.submitter;
    // Next turn: a disabled button is not part of what is sent.
    setTimeout(() => {
      for (const button of form.querySelectorAll("button")) button.disabled = true;
      if (pressed?.dataset.busy) pressed.textContent = pressed.dataset.busy;
    });
  });
}
// Back from the cache of the browser: the page may be used again.
addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});

// The preview follows the form.
for (const form of document.querySelectorAll("form[data-preview]")) {
  const shown = form.querySelector("#preview");
  const card = shown.closest(".preview");
  let waiting, asking;
  const look = async () => {
    asking?.abort();
    asking = new AbortController();
    card.setAttribute("aria-busy", "true");
    try {
      const body = new URLSearchParams(new FormData(form));
      body.set("look", "yes");
      body.set("typing", "yes");
      const answer = await fetch(location.pathname, { method: "POST", body, signal: asking.signal });
      const fresh = parse(await answer.text()).getElementById("preview");
      const is_open = shown.querySelector(".rules")?.open;
      if (fresh) shown.replaceChildren(...fresh.childNodes);
      if (is_open) shown.querySelector(".rules")?.setAttribute("open", "");
    } catch (error) {
      if (error.name === "AbortError") return;
    }
    card.removeAttribute("aria-busy");
  };
  form.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(look, 250);
  });
}

// A secret is copied as a whole.
for (const field of document.querySelectorAll("[data-select]")) {
  field.addEventListener("focus", () => field.select());
}

// A file with order numbers is read here, and sent as if it had been typed.
for (const field of document.querySelectorAll("[data-into]")) {
  field.addEventListener("change", async () => {
    const file = field.files[0];
    if (file) document.getElementById(field.dataset.into).value = await file.text();
  });
}

// What is shown is looked at again: when the server tells that it has changed, and, while no stream
// is open, now and then as long as something moves. What somebody reads or fills in is left alone.
let is_told = false, is_due = false;
const is_read = (part) => part.contains(document.activeElement) || part.querySelector("details[open]");
const refresh = async () => {
  const parts = [...document.querySelectorAll("[data-fresh]")];
  const free = parts.filter((part) => !is_read(part));
  if (document.hidden || !free.length) return false;
  const address = new URL(location.href);
  for (const once of ["done", "seen"]) address.searchParams.delete(once);
  try {
    const page = parse(await (await fetch(address)).text());
    for (const part of free) {
      const fresh = page.getElementById(part.id);
      if (fresh) part.replaceWith(fresh);
    }
    return free.length === parts.length;
  } catch {
    return false;
  }
};

const follow = async (pause_ms) => {
  await new Promise((wake) => setTimeout(wake, pause_ms));
  const live = document.querySelector("[data-live]");
  if (!live || pause_ms > 60_000) return;
  if (!is_told) await refresh();
  await follow(live.dataset.live === "steady" ? pause_ms : pause_ms * 1.3);
};
const moving = document.querySelector("[data-live]");
if (moving) follow(moving.dataset.live === "steady" ? 2_000 : 800);

const watched = document.querySelector("[data-watch]");
if (watched && "EventSource" in window) {
  const source = new EventSource(`/live?after=${watched.dataset.watch}`);
  source.onopen = () => { is_told = true; };
  source.onerror = () => { is_told = false; };
  source.addEventListener("orders", (event) => {
    const { order_ids, is_all } = JSON.parse(event.data);
    const shown = [...document.querySelectorAll("[data-order]")].map((row) => row.dataset.order);
    is_due ||= !is_all || shown.some((id) => order_ids.includes(id));
    const news = document.querySelector("[data-news]");
    if (news) news.hidden = false;
  });
  setInterval(async () => {
    if (is_due && (await refresh())) is_due = false;
  }, 1_000);
}

// The order at another moment of its story.
addEventListener("change", (event) => {
  const range = event.target.closest?.("[data-places]");
  if (range) {
    const place = range.dataset.places.split(" ")[range.value];
    location.search = new URLSearchParams({ at: place });
  }
});
document.addEventListener("submit", (event) => {
  if (event.target.matches("[data-slider]")) event.preventDefault();
});

// Keys.
const is_writing = (target) => target.closest("input, textarea, select, [contenteditable]");
addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key !== "Escape" && is_writing(event.target)) return;
  const marked = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  if (marked) {
    event.preventDefault();
    if (marked.matches("input")) marked.focus();
    else marked.click();
    return;
  }
  const step = { j: 1, k: -1 }[event.key];
  const links = [...document.querySelectorAll("[data-rows] tbody th a")];
  if (step && links.length) {
    const now = links.indexOf(document.activeElement);
    links[Math.min(Math.max(now + step, 0), links.length - 1)].focus();
  }
});
