// The data dictionary: a filter over long ones, and a file that is read into
// the form. Without script the whole list is there, and contents are pasted.
(() => {
  for (const box of document.querySelectorAll('[data-filter]')) {
    const lines = [...document.getElementById(box.dataset.filter).tBodies[0].rows];
    const input = box.querySelector('input'), said = box.querySelector('[role="status"]');
    box.hidden = false;
    input.addEventListener('input', () => {
      const word = input.value.trim().toLowerCase();
      let shown = 0;
      for (const line of lines) {
        line.hidden = word !== '' && !line.textContent.toLowerCase().includes(word);
        if (!line.hidden) shown++;
      }
      said.textContent = shown ? '' : said.dataset.none;
    });
  }

  // A file is in UTF-8, or else in GB18030, as spreadsheets here save it.
  const decoded = bytes => {
    try {
      return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    } catch {
      return new TextDecoder('gb18030').decode(bytes);
    }
  };
  for (const box of document.querySelectorAll('[data-read-file]')) {
    box.hidden = false;
    box.querySelector('input').addEventListener('change', async e => {
      const file = e.target.files[0];
      if (!file) return;
      const text = box.closest('form').querySelector('textarea');
      text.value = decoded(await file.arrayBuffer());
      text.focus();
    });
  }
})();
