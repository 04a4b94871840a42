// The page where a file is checked: its digest is worked out here, and a digest that is
// known leads straight to the answer. Only what is not known may be sent, by the form.
// Without this script the form sends every file.
(() => {
  const form = document.querySelector('form[data-verify]');
  if (!form) return;
  const say = form.dataset, input = form.elements.file, send = form.querySelector('[data-send]');
  const status = form.querySelector('[data-status]'), bar = form.querySelector('[data-progress]');
  for (const el of form.querySelectorAll('[data-with-script]')) el.hidden = false;
  send.hidden = true;
  let worker = null, asked = 0;

  function stop() { worker?.terminate(); worker = null; bar.hidden = true; }

  function look(file) {
    stop();
    const mine = ++asked;
    send.hidden = true;
    let told = -1;
    const tell = at => {
      const percent = file.size ? Math.floor(100 * at / file.size) : 100;
      bar.value = percent;
      if (Math.floor(percent / 10) !== told) { told = Math.floor(percent / 10); status.textContent = say.sayHashing.replace('%s', percent + '%'); }
    };
    bar.hidden = false;
    tell(0);
    worker = new Worker(say.worker);
    worker.onmessage = ({ data }) => {
      if (data.at !== undefined) return tell(data.at);
      stop();
      data.digest ? ask(file, data.digest, mine) : offer(file, say.sayFailed);
    };
    worker.onerror = () => { stop(); offer(file, say.sayFailed); };
    worker.postMessage({ file, library: say.library });
  }

  // A file whose digest cannot be asked about may still be sent.
  function offer(file, words) {
    status.textContent = words;
    send.hidden = file.size > Number(say.most);
    if (!send.hidden) send.focus();
  }

  async function ask(file, digest, mine) {
    status.textContent = say.sayAsking;
    try {
      const to = '/verify/' + digest + '?file=1';
      const answer = await fetch(to, { headers: { Accept: 'text/html' } });
      if (mine !== asked) return;
      const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
      const verdict = page.querySelector('[data-verdict]')?.dataset.verdict;
      if (!verdict) return offer(file, say.sayFailed);
      if (verdict !== 'unknown') return location.assign(to);
      offer(file, file.size > Number(say.most) ? say.sayLarge : say.sayUnknown);
    } catch { offer(file, say.sayFailed); }
  }

  input.addEventListener('change', () => { if (input.files[0]) look(input.files[0]); });
  for (const name of ['dragover', 'dragenter']) form.addEventListener(name, e => { e.preventDefault(); form.classList.add('over'); });
  for (const name of ['dragleave', 'drop']) form.addEventListener(name, () => form.classList.remove('over'));
  form.addEventListener('drop', e => {
    e.preventDefault();
    if (!e.dataTransfer.files.length) return;
    input.files = e.dataTransfer.files;
    look(input.files[0]);
  });
  if (input.files[0]) look(input.files[0]); // chosen before the script came

  // The code on paper, by the camera or from a photo: by the browser's own reader, or
  // where it has none by the library, which is loaded when somebody wants it.
  const wanted = document.querySelector('form[data-wanted]'), scan = wanted.querySelector('[data-scan]'), photo = wanted.querySelector('[data-photo]');
  const camera = wanted.querySelector('[data-camera]'), scanned = wanted.querySelector('[data-scanned]');
  const codes = { formats: ['qr_code'] };
  let reader = null, stream = null;

  const load = source => new Promise((done, failed) => {
    const script = document.createElement('script');
    script.src = source;
    script.onload = done;
    script.onerror = failed;
    document.head.append(script);
  });

  async function own() {
    try { return (await self.BarcodeDetector?.getSupportedFormats())?.includes('qr_code'); } catch { return false; }
  }

  async function reads() {
    if (!reader && await own()) reader = new BarcodeDetector(codes);
    if (!reader) {
      await load(photo.dataset.reader);
      reader = new self.qr.BarcodeDetector(codes);
    }
    return reader;
  }

  function found(text) {
    wanted.elements.q.value = text;
    wanted.requestSubmit();
  }

  const close = () => { stream?.getTracks().forEach(t => t.stop()); stream = null; camera.hidden = true; };
  scan.addEventListener('click', async () => {
    if (stream) return close();
    scanned.textContent = '';
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment', width: { ideal: 1280 } } });
      camera.srcObject = stream;
      camera.hidden = false;
      await camera.play();
      const look = await reads();
      while (stream) {
        const [code] = await look.detect(camera).catch(() => []);
        if (code) { close(); return found(code.rawValue); }
        await new Promise(again => { setTimeout(again, 100); });
      }
    } catch { close(); scanned.textContent = scan.dataset.sayNone; }
  });
  addEventListener('pagehide', close);

  // A photo of a telephone has more dots than a code needs, and a code that fills it is
  // found at another size than one in its corner.
  photo.querySelector('input').addEventListener('change', async ({ target }) => {
    if (!target.files[0]) return;
    scanned.textContent = '';
    try {
      const look = await reads(), whole = await createImageBitmap(target.files[0]);
      for (const side of [1600, 800, 400]) {
        const by = Math.min(1, side / Math.max(whole.width, whole.height));
        const canvas = document.createElement('canvas');
        canvas.width = Math.max(1, Math.round(whole.width * by));
        canvas.height = Math.max(1, Math.round(whole.height * by));
        canvas.getContext('2d').drawImage(whole, 0, 0, canvas.width, canvas.height);
        const [code] = await look.detect(canvas);
        if (code) return found(code.rawValue);
      }
    } catch { /* no picture */ }
    scanned.textContent = photo.dataset.sayNone;
  });
  photo.hidden = false;
  scan.hidden = !navigator.mediaDevices?.getUserMedia;
})();
