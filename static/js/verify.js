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

  // The code on paper, by the camera, where the browser reads codes by itself.
  const wanted = document.querySelector('form[data-wanted]'), scan = wanted.querySelector('[data-scan]');
  const camera = wanted.querySelector('[data-camera]'), scanned = wanted.querySelector('[data-scanned]');
  if (!('BarcodeDetector' in self) || !navigator.mediaDevices?.getUserMedia) return;
  BarcodeDetector.getSupportedFormats().then(formats => { scan.hidden = !formats.includes('qr_code'); }).catch(() => { /* it stays hidden */ });
  let stream = null;
  const close = () => { stream?.getTracks().forEach(t => t.stop()); stream = null; camera.hidden = true; };
  scan.addEventListener('click', async () => {
    if (stream) return close();
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' } });
      camera.srcObject = stream;
      camera.hidden = false;
      await camera.play();
      const reader = new BarcodeDetector({ formats: ['qr_code'] });
      while (stream) {
        const [code] = await reader.detect(camera).catch(() => []);
        if (code) { close(); wanted.elements.q.value = code.rawValue; return wanted.requestSubmit(); }
        await new Promise(again => { setTimeout(again, 200); });
      }
    } catch { close(); scanned.textContent = scan.dataset.sayNone; }
  });
  addEventListener('pagehide', close);
})();
