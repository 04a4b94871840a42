// The form of an application keeps what is typed as a draft. Without script the
// button saves. The mark of a file follows its columns.
(() => {
  const form = document.querySelector('form[data-keep]');
  if (!form) return;
  const said = form.querySelector('[data-saved]');
  let waiting = 0, changed = false, saving = Promise.resolve();

  const save = async () => {
    if (!changed) return;
    changed = false;
    const body = new URLSearchParams(new FormData(form));
    body.delete('go');
    try {
      const answer = await fetch(form.dataset.keep, { method: 'POST', body });
      const told = await answer.json();
      if (told.revision) form.elements.revision.value = told.revision;
      said.textContent = told.saved ?? told.wrong ?? '';
    } catch {
      changed = true;
    }
  };
  form.addEventListener('input', (e) => {
    const box = e.target;
    const part = /^col\.([^.]+)\./.exec(box.name ?? '');
    if (part && box.checked) form.elements['item.' + part[1]].checked = true;
    changed = true;
    clearTimeout(waiting);
    waiting = setTimeout(() => { saving = saving.then(save); }, 2000);
  });
  form.addEventListener('submit', (e) => {
    clearTimeout(waiting);
    changed = false;
    if (form.dataset.ready) return;
    e.preventDefault(); // an autosave under way first says which revision this is of
    const button = e.submitter;
    // not within this event: a form that is being submitted takes no other request
    saving.then(() => setTimeout(() => { form.dataset.ready = '1'; form.requestSubmit(button); }));
  });
})();
