// Sends a file in parts by the tus protocol (https://tus.io), so that it goes on
// where it was cut off: after a lost line by itself, after a closed page when the
// same file is chosen again. Without this script the form sends it in one piece.
// On the page of an upload it shows how far reading is.
(() => {
  const part = 8 << 20; // bytes of one request
  const form = document.querySelector('form[data-upload]');
  if (form) send(form);
  follow();

  function send(form) {
    const say = form.dataset, status = form.querySelector('[data-status]');
    const stop = form.querySelector('[data-stop]'), drop = form.querySelector('[data-drop]');
    const box = form.querySelector('[data-progress]'), bar = box.querySelector('progress');
    const submit = form.querySelector('[type=submit]'), input = form.elements.file;
    let halted = false, request = null, address = '', wake = null;

    // The same file for the same resource has the same name in the store of the
    // browser; what is kept there is only where its upload lies.
    const key = file => ['upload', say.resource, file.name, file.size, file.lastModified].join('|');
    const kept = file => { try { return localStorage.getItem(key(file)) ?? ''; } catch { return ''; } };
    const keep = (file, where) => { try { where ? localStorage.setItem(key(file), where) : localStorage.removeItem(key(file)); } catch { /* it then begins anew */ } };

    const words = (sentence, ...values) => values.reduce((s, v) => s.replace('%s', v), sentence);
    // as the pages write sizes: three figures, in powers of ten
    const size = n => {
      let unit = 0;
      while (n >= (unit ? 999.5 : 1000) && unit < 4) { n /= 1000; unit++; }
      return (unit ? n.toFixed(n < 9.995 ? 2 : n < 99.95 ? 1 : 0) : n) + ' ' + ['B', 'kB', 'MB', 'GB', 'TB'][unit];
    };
    const base64 = text => btoa(String.fromCharCode(...new TextEncoder().encode(text)));

    // How long the rest takes, by what came in the last half minute. It stands
    // beside what is spoken: it changes all the time.
    let told = -1, seen = [];
    const rests = form.querySelector('[data-left]');
    function remaining(at, of) {
      const now = performance.now();
      seen = [...seen.filter(s => now - s.now < 30000), { now, at }];
      const first = seen[0], seconds = (now - first.now) / 1000;
      if (seconds < 2 || at <= first.at) return;
      const left = (of - at) / ((at - first.at) / seconds);
      rests.textContent = at >= of ? '' : left < 60 ? words(say.saySeconds, Math.ceil(left)) : words(say.sayMinutes, Math.ceil(left / 60));
    }
    function show(at, of) {
      remaining(at, of);
      bar.value = of ? 100 * at / of : 0;
      const tenth = Math.floor(10 * at / of);
      if (tenth !== told) { told = tenth; status.textContent = words(say.saySending, size(at), size(of)); }
    }

    // One request. It rejects with an Error whose again says whether trying again may help.
    function ask(method, url, headers, body, onProgress) {
      return new Promise((resolve, reject) => {
        const x = request = new XMLHttpRequest();
        x.open(method, url);
        x.setRequestHeader('Tus-Resumable', '1.0.0');
        x.setRequestHeader('X-CSRF-Token', say.csrf);
        for (const [name, value] of Object.entries(headers)) x.setRequestHeader(name, value);
        if (onProgress) x.upload.onprogress = e => onProgress(e.loaded);
        x.onload = () => {
          if (x.status < 300) return resolve(x);
          let detail = '';
          try { detail = JSON.parse(x.responseText).detail ?? ''; } catch { /* a page, not a problem */ }
          const failed = new Error(detail || x.status);
          failed.status = x.status;
          failed.again = x.status === 409 || x.status === 423 || x.status === 429 || x.status === 460 || x.status >= 500;
          reject(failed);
        };
        x.onerror = x.ontimeout = () => reject(Object.assign(new Error('-'), { again: true }));
        x.onabort = () => reject(Object.assign(new Error('-'), { halted: true }));
        x.send(body ?? null);
      });
    }

    // An upload begun elsewhere goes on where its server says that it stands, if
    // the same file was chosen.
    async function place(file) {
      if (say.resume && (file.name !== say.resumeName || file.size !== Number(say.resumeBytes))) {
        throw new Error(words(say.sayOther, say.resumeName, size(Number(say.resumeBytes))));
      }
      const before = say.resume || kept(file);
      if (before) {
        try {
          const x = await ask('HEAD', before, {});
          status.textContent = say.sayResuming;
          return [before, Number(x.getResponseHeader('Upload-Offset'))];
        } catch (e) {
          if (e.again || e.halted) throw e;
          keep(file, ''); // it has ended, or was never ours
          if (say.resume) throw e;
        }
      }
      const x = await ask('POST', form.dataset.upload, {
        'Upload-Length': file.size,
        'Upload-Metadata': `filename ${base64(file.name)},resource ${base64(say.resource)}`,
      });
      const where = new URL(x.getResponseHeader('Location'), location.href).pathname;
      keep(file, where);
      return [where, 0];
    }

    async function rest(file) {
      let at;
      [address, at] = await place(file);
      drop.hidden = false;
      while (at < file.size) {
        const from = at;
        const x = await ask('PATCH', address, { 'Content-Type': 'application/offset+octet-stream', 'Upload-Offset': from },
          file.slice(from, from + part), loaded => show(from + loaded, file.size));
        at = Number(x.getResponseHeader('Upload-Offset'));
        show(at, file.size);
        tries = 0;
      }
      keep(file, '');
      location.assign(say.to + address.split('/').pop());
    }

    let tries = 0;
    async function run(file) {
      halted = false;
      tries = 0;
      submit.disabled = true;
      stop.hidden = box.hidden = false;
      for (;;) {
        try {
          await rest(file);
          return;
        } catch (e) {
          if (halted || e.halted) { status.textContent = say.sayStopped; break; }
          if (!e.again) { status.textContent = words(say.sayFailed, e.message); break; }
          const seconds = Math.min(60, 2 ** tries++);
          status.textContent = words(say.sayWaiting, seconds);
          await new Promise(done => { wake = done; setTimeout(done, seconds * 1000); });
          if (halted) { status.textContent = say.sayStopped; break; }
        }
      }
      submit.disabled = false;
      stop.hidden = true;
      told = -1;
      seen = [];
      rests.textContent = '';
    }

    form.addEventListener('submit', e => {
      e.preventDefault();
      const file = input.files[0];
      if (!file) { status.textContent = say.sayNothing; return; }
      run(file);
    });
    stop.addEventListener('click', () => { halted = true; request?.abort(); wake?.(); });
    drop.addEventListener('click', async () => {
      halted = true;
      request?.abort();
      wake?.();
      const file = input.files[0];
      if (file) keep(file, '');
      try { await ask('DELETE', address, {}); } catch { /* it expires */ }
      drop.hidden = box.hidden = true;
      status.textContent = '';
    });
    addEventListener('online', () => wake?.());
  }

  // The section of an upload that is being read is put in again every second,
  // until it is read: then the whole page comes anew.
  function follow() {
    const run = document.querySelector('#run[data-live]');
    if (!run) return;
    setTimeout(async () => {
      try {
        const answer = await fetch(location.pathname, { headers: { Accept: 'text/html' } });
        const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
        const fresh = page.querySelector('#run');
        if (fresh && !fresh.hasAttribute('data-live')) { location.reload(); return; }
        if (fresh) run.replaceWith(document.adoptNode(fresh));
      } catch { /* the next look may succeed */ }
      follow();
    }, 1000);
  }
})();
