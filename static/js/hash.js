// Works out the SHA-256 of a file piece by piece, so that a file of any size takes no
// more memory than a piece. crypto.subtle takes a file only whole.
onmessage = async ({ data: { file, library } }) => {
  const piece = 4 << 20; // bytes
  try {
    importScripts(library);
    const sum = self.sha256.create();
    for (let at = 0; at < file.size; at += piece) {
      sum.update(new Uint8Array(await file.slice(at, at + piece).arrayBuffer()));
      postMessage({ at: Math.min(at + piece, file.size) });
    }
    postMessage({ digest: sum.hex() });
  } catch (e) { postMessage({ failed: String(e) }); }
};
