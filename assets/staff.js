// Passkeys in the office. Without this script the codes of an authenticator do the same.
"use strict";
(() => {
  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

  const made = (credential) => ({
    id: credential.id,
    rawId: text(credential.rawId),
    type: credential.type,
    response: {
      attestationObject: text(credential.response.attestationObject),
      clientDataJSON: text(credential.response.clientDataJSON),
      transports: credential.response.getTransports ? credential.response.getTransports() : [],
    },
    extensions: {},
  });

  const shown = (credential) => ({
    id: credential.id,
    rawId: text(credential.rawId),
    type: credential.type,
    response: {
      authenticatorData: text(credential.response.authenticatorData),
      clientDataJSON: text(credential.response.clientDataJSON),
      signature: text(credential.response.signature),
      userHandle: credential.response.userHandle ? text(credential.response.userHandle) : null,
    },
    extensions: {},
  });

  const acts = {
    "passkey-add": async ({ publicKey }) => {
      publicKey.challenge = bytes(publicKey.challenge);
      publicKey.user.id = bytes(publicKey.user.id);
      for (const c of publicKey.excludeCredentials || []) c.id = bytes(c.id);
      return made(await navigator.credentials.create({ publicKey }));
    },
    "passkey-use": async ({ publicKey }) => {
      publicKey.challenge = bytes(publicKey.challenge);
      for (const c of publicKey.allowCredentials || []) c.id = bytes(c.id);
      return shown(await navigator.credentials.get({ publicKey }));
    },
  };

  for (const form of document.querySelectorAll("form[data-script]")) {
    const act = acts[form.dataset.script];
    if (!act || !window.PublicKeyCredential) continue;
    form.addEventListener("submit", async (event) => {
      const field = form.elements.namedItem("credential");
      if (!field || field.value) return;
      event.preventDefault();
      try {
        field.value = JSON.stringify(await act(JSON.parse(form.dataset.with)));
      } catch {
        field.value = "none";
      }
      form.requestSubmit();
    });
  }
})();
