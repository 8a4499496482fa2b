
// A security key or passkey is asked by a script, and its answer goes with the form. What it is
// asked stands in the form; nothing is fetched, and nothing is kept here.
const keyed = document.querySelector("form[data-portal-key]");
if (keyed) askKey(keyed);

function askKey(form) {
  const said = form.querySelector("[data-portal-said]");
  const name = form.elements.name;
  form.querySelector("[data-portal-plain]").hidden = true;
  form.querySelector("[data-portal-scripted]").hidden = false;

  const words = {
    NotAllowedError: name
      ? "The key was not set up: it was cancelled, took too long, or has no PIN and cannot check your fingerprint or face. Press the button to try again."
      : "The key did not answer: it was cancelled, took too long, or is not set up for this service. Press the button to try again.",
    InvalidStateError: "This key is set up here already. Try another one.",
    NotSupportedError: "This browser or key cannot do what is needed. Try another key: it must have a PIN, or check your fingerprint or face.",
  };
  const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
  const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

  /** The options with bytes where the browser wants bytes. */
  function asked() {
    const { publicKey } = JSON.parse(form.dataset.options);
    publicKey.challenge = bytes(publicKey.challenge);
    if (publicKey.user) publicKey.user.id = bytes(publicKey.user.id);
    for (const one of [...(publicKey.excludeCredentials ?? []), ...(publicKey.allowCredentials ?? [])]) one.id = bytes(one.id);
    return { publicKey };
  }

  async function answer() {
    const options = asked();
    const made = await (options.publicKey.user ? navigator.credentials.create(options) : navigator.credentials.get(options));
    const response = {};
    for (const part of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
      if (made.response[part]) response[part] = text(made.response[part]);
    }
    return JSON.stringify({ id: made.id, rawId: text(made.rawId), type: made.type, response });
  }

  form.addEventListener("submit", async (event) => {
    // Without a name for the key the form goes as it is, and what is wrong is said.
    if (name && !name.value.trim()) return;
    event.preventDefault();
    said.textContent = "";
    try {
      form.elements.answer.value = await answer();
    } catch (error) {
      said.textContent = words[error.name] ?? "This browser cannot ask a security key or passkey here. Try another browser, or go on without one.";
      return;
    }
    form.submit();
  });
}
