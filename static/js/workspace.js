// The page of a workspace: a job that is under way says how far it is, and the page
// comes anew once it is over. Without script the page comes anew by itself.
(() => {
  const bar = document.querySelector('[data-job]');
  if (!bar) return;
  const says = bar.querySelector('[data-says]'), percent = bar.querySelector('[data-percent]'), line = bar.querySelector('progress');
  let wait = 700;
  const look = async () => {
    try {
      const answer = await fetch(bar.dataset.job);
      if (!answer.ok) return;
      const told = await answer.json();
      says.textContent = told.says;
      percent.textContent = told.percent + '%';
      line.value = told.percent;
      if (!told.open) { location.reload(); return; }
    } catch { /* the next look finds it out */ }
    wait = Math.min(wait * 1.2, 4000);
    setTimeout(look, wait);
  };
  setTimeout(look, wait);
})();
// Ctrl+Enter runs what is written, also where the editor did not come.
(() => {
  const box = document.querySelector('[data-sql] textarea');
  box?.addEventListener('keydown', e => {
    if (e.key === 'Enter' && (e.ctrlKey || e.metaKey)) { e.preventDefault(); box.form.requestSubmit(box.form.querySelector('[data-run]')); }
  });
})();
