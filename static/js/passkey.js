// Asks the browser for a passkey and sends the answer with the form around the
// button. Without script, or without passkeys, the button stays hidden.
const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
const letters = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

function asked(options) {
  const key = structuredClone(options.publicKey);
  key.challenge = bytes(key.challenge);
  if (key.user) key.user.id = bytes(key.user.id);
  for (const list of [key.excludeCredentials, key.allowCredentials]) {
    for (const one of list ?? []) one.id = bytes(one.id);
  }
  return { publicKey: key };
}

function answered(credential) {
  const response = {};
  for (const part of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (credential.response[part]) response[part] = letters(credential.response[part]);
  }
  if (credential.response.getTransports) response.transports = credential.response.getTransports();
  return JSON.stringify({
    id: credential.id,
    rawId: letters(credential.rawId),
    type: credential.type,
    response,
    clientExtensionResults: credential.getClientExtensionResults(),
  });
}

for (const button of window.PublicKeyCredential ? document.querySelectorAll("button[data-passkey]") : []) {
  const form = button.form;
  const options = JSON.parse(button.dataset.passkey);
  const note = form.querySelector("[data-passkey-note]");
  for (const shown of form.querySelectorAll("[data-passkey-shown]")) shown.hidden = false;
  button.hidden = false;
  button.addEventListener("click", async () => {
    for (const field of form.querySelectorAll("input:not([type=hidden])")) {
      if (button.hasAttribute("data-passkey-named") && !field.reportValidity()) return;
    }
    button.disabled = true;
    try {
      const what = options.publicKey.user ? "create" : "get";
      form.elements[button.dataset.answer].value = answered(await navigator.credentials[what](asked(options)));
      HTMLFormElement.prototype.submit.call(form);
    } catch {
      button.disabled = false;
      if (note) note.hidden = false;
    }
  });
}
