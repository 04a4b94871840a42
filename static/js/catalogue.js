// The form of a catalogue entry keeps what is typed as a draft, and says who
// else is typing. Without script the button saves.
(() => {
  const form = document.querySelector('form[data-autosave]');
  if (!form) return;
  const said = form.querySelector('[data-autosaved]');
  const also = document.querySelector('[data-others]');
  let waiting = 0, changed = false;

  const secret = () => form.elements.secret.value;
  const save = async () => {
    if (!changed || secret() !== 'no') return; // nothing of a secret leaves this page by itself
    changed = false;
    const body = new URLSearchParams(new FormData(form));
    body.delete('step');
    try {
      const answer = await fetch(form.dataset.autosave, { method: 'POST', body });
      const told = await answer.json();
      said.textContent = told.error ? form.dataset.unsaved + told.error : form.dataset.saved + ' ' + new Date().toLocaleTimeString();
      const others = told.others ?? [];
      also.hidden = others.length === 0;
      also.textContent = others.length ? form.dataset.also + others.join(', ') : '';
    } catch {
      changed = true;
    }
  };
  form.addEventListener('input', () => {
    changed = true;
    clearTimeout(waiting);
    waiting = setTimeout(save, 3000);
  });
  form.addEventListener('submit', () => clearTimeout(waiting));
})();
