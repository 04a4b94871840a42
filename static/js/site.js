// Small things that any page may have. Each works on what it finds; a page
// without script has the same content and the same links.
(() => {
  // A button that copies the text of the element named by data-copy.
  const copying = root => {
    if (!navigator.clipboard) return;
    for (const button of root.querySelectorAll('button[data-copy]')) copyBy(button);
  };
  const copyBy = button => {
    const words = button.textContent;
    button.hidden = false;
    button.addEventListener('click', async () => {
      const pane = document.getElementById(button.dataset.copy);
      // In a group of tabs the text shown is the one to copy.
      const shown = [...(pane?.querySelectorAll('[data-copy-text]') ?? [])].find(e => e.offsetParent) ?? pane;
      await navigator.clipboard.writeText(shown.textContent.trim() + '\n');
      button.textContent = button.dataset.done;
      setTimeout(() => { button.textContent = words; }, 2000);
    });
  };

  // A wide table scrolls in its own box. Only a box that really scrolls
  // should be a stop for the keyboard.
  const watch = new ResizeObserver(entries => {
    for (const { target } of entries) {
      if (target.scrollWidth > target.clientWidth + 1 || target.scrollHeight > target.clientHeight + 1) target.tabIndex = 0;
      else target.removeAttribute('tabindex');
    }
  });
  const scrolling = root => {
    for (const box of root.querySelectorAll('.tw[tabindex]')) watch.observe(box);
  };

  copying(document);
  scrolling(document);
  // A part of the page that another script has replaced.
  document.addEventListener('part', e => { copying(e.detail); scrolling(e.detail); });

  // Everything folded must be on paper too.
  addEventListener('beforeprint', () => {
    for (const d of document.querySelectorAll('details:not([open])')) { d.open = true; d.dataset.printed = ''; }
  });
  addEventListener('afterprint', () => {
    for (const d of document.querySelectorAll('details[data-printed]')) { d.open = false; delete d.dataset.printed; }
  });
})();
