
// A message's form, and each page of a longer one, keeps itself while it is written; a message sends
// its files piece by piece, on from where a line broke. Without this the form is saved by its buttons, and files go with it.
const draft = document.querySelector("form[data-portal-draft]");
if (draft) keep(draft);

function keep(form) {
  const PIECE = 4 * 1024 * 1024;
  const token = form.elements.token.value;
  const progress = form.querySelector("[data-portal-progress]");
  const files = progress && form.querySelector("input[type=file]");
  const saved = form.querySelector("[data-portal-saved]");
  const plain = form.querySelector("[data-portal-plain]");
  if (plain) plain.hidden = true;
  let timer = null, saving = null, again = false, sending = 0, leaving = false;

  const wait = (ms) => new Promise((done) => setTimeout(done, ms));
  const isJson = (answer) => (answer.headers.get("content-type") ?? "").startsWith("application/json");

  function later(ms) {
    stop();
    timer = setTimeout(save, ms);
  }

  function stop() {
    clearTimeout(timer);
    timer = null;
  }

  async function post() {
    const data = new FormData(form);
    data.delete("file");
    // A page that is being left has its last words taken, as far as browsers allow: 64 KiB.
    const keepalive = document.hidden && [...data.values()].join("").length < 16000;
    const answer = await fetch(form.action, { method: "POST", body: data, headers: { accept: "application/json" }, redirect: "manual", keepalive });
    if (!answer.ok || !isJson(answer)) throw new Error("not saved");
    const said = await answer.json();
    const address = said.address ?? `/drafts/${said.draft}`;
    if (said.beside) {
      leaving = true;
      return location.assign(`${address}?beside=true`);
    }
    form.elements.revision.value = said.revision;
    form.action = address;
    history.replaceState(null, "", address);
    saved.textContent = said.locked
      ? "Your draft is saved, and you were away too long: press Continue to sign in again."
      : `Draft saved at ${new Date().toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" })}`;
  }

  /** One save at a time; what is typed meanwhile is saved after it. */
  function save() {
    stop();
    if (leaving) return Promise.resolve();
    if (saving) {
      again = true;
      return saving;
    }
    saving = (async () => {
      do {
        again = false;
        try {
          await post();
        } catch {
          saved.textContent = "Not saved yet: this is tried again.";
          later(10000);
        }
      } while (again);
      saving = null;
    })();
    return saving;
  }

  async function told(address, options) {
    const answer = await fetch(address, { redirect: "manual", ...options });
    if (!answer.ok || !isJson(answer)) throw new Error(String(answer.status));
    return answer.json();
  }

  async function send(file) {
    const line = document.createElement("p");
    const bar = document.createElement("progress");
    line.className = "govuk-body";
    bar.max = file.size || 1;
    bar.setAttribute("aria-label", `Sending ${file.name}`);
    line.append(`${file.name} `, bar);
    progress.append(line);
    const about = new URLSearchParams({ token, name: file.name, type: file.type, size: file.size });
    let stands = await told(`${form.action}/files`, { method: "POST", body: about });
    const address = `${form.action}/files/${stands.id}`;
    for (let failed = 0; !stands.refused && !stands.whole; ) {
      try {
        const piece = file.slice(stands.has, stands.has + PIECE);
        stands = await told(`${address}?from=${stands.has}`, { method: "POST", body: piece, headers: { "x-form-token": token } });
        failed = 0;
      } catch (error) {
        if (++failed > 60) throw error;
        await wait(Math.min(500 * failed, 10000));
        stands = await told(address).catch(() => stands);
      }
      bar.value = stands.has ?? 0;
    }
    if (stands.refused) {
      line.className = "govuk-error-message";
      const named = stands.refused.includes(file.name);
      line.textContent = named ? `${stands.refused}.` : `${file.name}: ${stands.refused}.`;
      return false;
    }
    line.textContent = `${file.name} is here.`;
    return true;
  }

  async function take() {
    const chosen = [...files.files];
    files.value = "";
    sending += 1;
    await save();
    let well = true;
    for (const file of chosen) {
      well = (await send(file).catch(() => false)) && well;
    }
    sending -= 1;
    if (sending) return;
    await save();
    if (well) {
      leaving = true;
      stop();
      location.reload();
      return;
    }
    const line = document.createElement("p");
    line.className = "govuk-body";
    line.textContent = "Not all files are here. Load the page again to see those that are, and add the others once more.";
    progress.append(line);
  }

  form.addEventListener("input", (event) => {
    if (event.target.type !== "file") later(1000);
  });
  files?.addEventListener("change", () => files.files.length && take());
  document.addEventListener("visibilitychange", () => document.hidden && timer !== null && save());
  form.addEventListener("submit", (event) => {
    stop();
    if (!saving && !sending) {
      leaving = true;
      return;
    }
    event.preventDefault();
    if (sending) {
      saved.textContent = "Files are still on their way: press the button again when they are here.";
      return;
    }
    const pressed = event.submitter;
    saving.then(() => form.requestSubmit(pressed));
  });
}
