// What saves a reload (PAGES 2). Every control works without it; nothing is kept in the browser.
(() => {
  "use strict";
  const doc = document, words = doc.body.dataset, say = doc.getElementById("say");
  const announce = text => { if (say && text) { say.textContent = ""; setTimeout(() => { say.textContent = text; }, 100); } };

  const here = () => location.pathname + location.search;
  let shown = here();

  // One click counts. The server's key is the guarantee; this spares the wait.
  const sent = new WeakMap();
  const settle = form => {
    sent.delete(form);
    form.querySelectorAll("[aria-disabled]").forEach(button => {
      button.removeAttribute("aria-disabled");
      if (button.dataset.text) button.textContent = button.dataset.text;
    });
  };
  const sending = (form, button) => {
    sent.set(form, Date.now());
    if (button && button.classList.contains("btn")) {
      button.dataset.text = button.textContent;
      button.setAttribute("aria-disabled", "true");
      button.textContent = words.sending;
    }
  };

  // Puts a part of a fetched page in place of ours, and sees to it that nobody is lost.
  const swap = (html, id, quiet) => {
    const page = new DOMParser().parseFromString(html, "text/html");
    const old = doc.getElementById(id), next = page.getElementById(id);
    if (!old || !next) return false;
    if (quiet && old.isEqualNode(next)) return true;
    const active = doc.activeElement, held = old.contains(active) ? active.id : null;
    old.replaceWith(doc.adoptNode(next));
    if (!quiet) doc.title = page.title;
    begin(next);
    if (!quiet) {
      const to = next.querySelector("[data-focus],[autofocus]") || (held && doc.getElementById(held))
        || next.querySelector("h1,h2,h3") || next;
      if (!to.hasAttribute("tabindex") && !to.matches("a,button,input,select,textarea,summary")) to.tabIndex = -1;
      to.focus();
    } else if (held) {
      const again = doc.getElementById(held);
      if (again) again.focus();
    }
    const told = next.matches("[data-say]") ? next : next.querySelector("[data-say]");
    if (told) announce(told.dataset.say);
    return true;
  };
  const offline = form => {
    let region = doc.getElementById("offline");
    if (!region) {
      region = doc.createElement("div");
      region.id = "offline"; region.className = "errors"; region.tabIndex = -1; region.setAttribute("role", "alert");
      const text = doc.createElement("p");
      text.textContent = words.offline;
      region.append(text);
      (form || doc.getElementById("main")).before(region);
    }
    region.focus();
    if (form) settle(form);
  };
  const ask = async (url, options, id, form) => {
    let answer, html;
    try {
      answer = await fetch(url, { credentials: "same-origin", ...options, headers: { "X-Lariat-Fragment": id, Accept: "text/html" } });
      html = await answer.text();
    } catch { offline(form); return; }
    const region = doc.getElementById("offline");
    if (region) region.remove();
    awake();
    if (!swap(html, id)) { location.assign(answer.url); return; }
    if (answer.ok && answer.url !== location.href) { history.pushState({ id }, "", answer.url); shown = here(); }
  };
  const target = element => (element.dataset.fragment || "").replace(/^#/, "");
  doc.addEventListener("click", event => {
    const link = event.target.closest("a[data-fragment]");
    if (!link || event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    ask(link.href, {}, target(link));
  });
  doc.addEventListener("submit", event => {
    const form = event.target, button = event.submitter;
    const since = Date.now() - (sent.get(form) || 0);
    if (since < 1000) { event.preventDefault(); return; }
    const redraws = button && /^_/.test(button.name);
    if (!navigator.onLine) { event.preventDefault(); offline(form); return; }
    if (!redraws && form.dataset.fragment) {
      event.preventDefault();
      const body = new URLSearchParams(new FormData(form, button));
      sending(form, button);
      const get = form.method === "get";
      ask(get ? `${form.action}?${body}` : form.action, get ? {} : { method: "POST", body }, target(form), form).then(() => settle(form));
      return;
    }
    // The values are read after this event: what changes a button must wait.
    setTimeout(() => sending(form, redraws ? null : button));
  });
  addEventListener("pageshow", event => { if (event.persisted) doc.querySelectorAll("form").forEach(settle); });
  // A jump within the page fires this too: reloading it would lose what is typed, and where focus went.
  addEventListener("popstate", () => { if (here() !== shown) location.reload(); });

  // Letters left.
  const count = area => {
    const most = Number(area.dataset.most);
    const out = doc.createElement("p");
    out.className = "count"; out.setAttribute("aria-hidden", "true");
    area.after(out);
    let timer;
    const left = () => {
      const letters = most - [...area.value].length;
      return (letters < 0 ? area.dataset.over : area.dataset.left).replace("#", Math.abs(letters));
    };
    const show = () => { out.textContent = left(); };
    area.addEventListener("input", () => { show(); clearTimeout(timer); timer = setTimeout(() => announce(left()), 1500); });
    show();
  };

  // What is typed at length is kept by the server: every 10 s, and when the field is left.
  const keep = form => {
    let dirty = false;
    const save = async () => {
      if (!dirty || sent.has(form)) return;
      dirty = false;
      try {
        const body = new URLSearchParams(new FormData(form));
        const answer = await fetch(form.dataset.draftTo, { method: "POST", body, credentials: "same-origin" });
        const text = answer.ok && !answer.redirected ? await answer.text() : "";
        if (text) awake();
        let line = form.querySelector("[data-draft]");
        if (text && !line) {
          line = doc.createElement("p");
          line.className = "hint"; line.dataset.draft = "";
          form.prepend(line);
        }
        if (text) line.textContent = text; else dirty = true;
      } catch { dirty = true; }
    };
    form.addEventListener("input", () => { dirty = true; });
    form.addEventListener("focusout", save);
    const timer = setInterval(() => form.isConnected ? save() : clearInterval(timer), 10000);
  };

  // A region that fetches itself anew, until somebody pauses it, is in it, or five minutes are over.
  const refresh = region => {
    const id = region.id, end = Date.now() + 300000;
    let paused = false;
    const button = doc.querySelector(`[data-pause="${id}"]`);
    const shown = () => { if (button) button.textContent = paused ? button.dataset.resume : button.dataset.text; };
    const timer = setInterval(async () => {
      const here = doc.getElementById(id);
      if (!here) { clearInterval(timer); return; }
      if (Date.now() > end) { paused = true; shown(); clearInterval(timer); return; }
      if (paused || doc.hidden || here.contains(doc.activeElement)) return;
      try {
        const answer = await fetch(here.dataset.refresh || location.href, { credentials: "same-origin", headers: { "X-Lariat-Fragment": id, Accept: "text/html" } });
        const html = await answer.text();
        const now = doc.getElementById(id);
        if (answer.ok && !paused && now && !now.contains(doc.activeElement)) swap(html, id, true);
      } catch { /* The next time will tell. */ }
    }, 15000);
    if (button) {
      button.hidden = false;
      button.dataset.text = button.textContent;
      button.addEventListener("click", () => {
        paused = !paused;
        if (!paused && Date.now() > end) { location.reload(); return; }
        shown();
      });
    }
  };

  // Two minutes before the session ends: who is still here says so. 30 min, as the server counts.
  let ending;
  const awake = () => {
    clearTimeout(ending);
    if (words.ending) ending = setTimeout(warn, 28 * 60000);
  };
  const warn = () => {
    const region = doc.createElement("div"), text = doc.createElement("p"), button = doc.createElement("button");
    region.className = "banner"; region.setAttribute("role", "alert");
    text.textContent = words.ending;
    button.type = "button"; button.className = "btn"; button.textContent = words.stay;
    button.addEventListener("click", async () => {
      try { await fetch("/about/help", { credentials: "same-origin" }); } catch { offline(); return; }
      region.remove();
      doc.getElementById("main").focus();
      awake();
    });
    region.append(text, button);
    doc.getElementById("main").prepend(region);
  };

  const begin = root => {
    root.querySelectorAll("textarea[data-most]").forEach(count);
    root.querySelectorAll("form[data-draft-to]").forEach(keep);
    root.querySelectorAll("[data-copy]").forEach(button => {
      button.hidden = false;
      button.addEventListener("click", async () => {
        try {
          await navigator.clipboard.writeText(doc.getElementById(button.dataset.copy).textContent);
          announce(button.dataset.copied);
        } catch { getSelection().selectAllChildren(doc.getElementById(button.dataset.copy)); }
      });
    });
    root.querySelectorAll("[data-select-all]").forEach(button => {
      button.hidden = false;
      button.addEventListener("click", () => {
        doc.getElementById(button.dataset.selectAll).querySelectorAll("input[type=checkbox]").forEach(box => { box.checked = true; });
      });
    });
  };
  begin(doc);
  awake();
  doc.querySelectorAll("[data-refresh]").forEach(refresh);
  if (!doc.activeElement || doc.activeElement === doc.body) {
    const summary = doc.querySelector(".errors[autofocus],.banner[autofocus]");
    if (summary) summary.focus();
  }
})();
