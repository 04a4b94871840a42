// Search as you type. Without it the form and the filters work by pressing the
// button; with it
// - the box suggests (a combobox after the ARIA pattern, all by keyboard),
// - a filter takes effect at once, and only the results are replaced.
(() => {
  const form = document.getElementById('find');
  const box = form?.elements.q;
  if (!box) return;

  // ── suggestions ──
  const list = document.createElement('ul');
  list.className = 'suggest';
  list.id = 'suggestions';
  list.hidden = true;
  list.setAttribute('role', 'listbox');
  list.setAttribute('aria-label', box.dataset.suggestLabel);
  form.append(list);
  for (const [name, value] of Object.entries({
    role: 'combobox', 'aria-autocomplete': 'list', 'aria-controls': list.id, 'aria-expanded': 'false',
  })) box.setAttribute(name, value);

  let asked = 0, timer, composing = false, typed = box.value, at = -1;

  const close = () => {
    list.hidden = true;
    at = -1;
    box.setAttribute('aria-expanded', 'false');
    box.removeAttribute('aria-activedescendant');
  };

  const go = item => {
    if (item.dataset.slug) location.href = '/datasets/' + encodeURIComponent(item.dataset.slug);
    else { box.value = item.dataset.text; close(); form.requestSubmit(); }
  };

  const mark = i => {
    const items = [...list.children];
    at = (i + items.length + 1) % (items.length + 1);
    items.forEach((item, n) => item.setAttribute('aria-selected', String(n === at)));
    if (at < items.length) {
      box.setAttribute('aria-activedescendant', items[at].id);
      box.value = items[at].dataset.text;
    } else {
      at = -1;
      box.removeAttribute('aria-activedescendant');
      box.value = typed;
    }
  };

  const show = suggestions => {
    list.replaceChildren(...suggestions.map((s, i) => {
      const item = document.createElement('li');
      item.id = 'suggestion-' + i;
      item.setAttribute('role', 'option');
      item.setAttribute('aria-selected', 'false');
      item.dataset.text = s.text;
      if (s.slug) item.dataset.slug = s.slug;
      const words = document.createElement('span');
      words.textContent = s.text;
      item.append(words);
      if (s.slug) {
        const kind = document.createElement('small');
        kind.textContent = box.dataset.suggestDataset;
        item.append(kind);
      }
      // The box must keep the focus, or leaving it would close the list first.
      item.addEventListener('mousedown', e => e.preventDefault());
      item.addEventListener('click', () => go(item));
      return item;
    }));
    at = -1;
    box.removeAttribute('aria-activedescendant');
    list.hidden = suggestions.length === 0;
    box.setAttribute('aria-expanded', String(!list.hidden));
  };

  const ask = async () => {
    const mine = ++asked, q = box.value.trim();
    if (!q) return close();
    try {
      const response = await fetch(box.dataset.suggest + '?q=' + encodeURIComponent(q), { headers: { accept: 'application/json' } });
      if (!response.ok) return close();
      const answer = await response.json();
      // An answer that was overtaken by a later one says nothing any more.
      if (mine === asked && document.activeElement === box) show(answer.suggestions);
    } catch { close(); }
  };

  box.addEventListener('compositionstart', () => { composing = true; });
  box.addEventListener('compositionend', () => { composing = false; box.dispatchEvent(new Event('input')); });
  box.addEventListener('input', () => {
    // While pinyin is being turned into characters the box holds neither.
    if (composing) return;
    typed = box.value;
    clearTimeout(timer);
    timer = setTimeout(ask, 120);
  });
  box.addEventListener('blur', close);
  box.addEventListener('keydown', e => {
    if (composing || e.isComposing) return;
    if (e.key === 'Escape' && !list.hidden) { e.preventDefault(); box.value = typed; close(); }
    if (list.hidden) {
      if (e.key === 'ArrowDown' && box.value.trim()) { e.preventDefault(); ask(); }
      return;
    }
    if (e.key === 'ArrowDown') { e.preventDefault(); mark(at + 1); }
    if (e.key === 'ArrowUp') { e.preventDefault(); mark(at < 0 ? list.children.length - 1 : at === 0 ? list.children.length : at - 1); }
  });
  // Enter submits the form; where a dataset is marked, that is where to go. A
  // marked word stands in the box already and is searched.
  form.addEventListener('submit', e => {
    const item = list.hidden ? null : list.children[at];
    if (item?.dataset.slug) { e.preventDefault(); go(item); }
  });

  // ── filters that take effect at once ──
  const results = () => document.querySelector('[data-results]');
  if (!results()) return;
  document.documentElement.dataset.live = '';

  const address = () => {
    const query = new URLSearchParams([...new FormData(form)].filter(([, value]) => value !== ''));
    return '/datasets' + (query.size ? '?' + query : '');
  };

  let latest = 0;
  const load = async (url, push) => {
    const mine = ++latest;
    const old = results();
    old.setAttribute('aria-busy', 'true');
    const focused = document.activeElement?.closest('[data-results]') ? document.activeElement : null;
    const open = old.querySelector('.facets > details')?.open;
    try {
      const response = await fetch(url, { headers: { accept: 'text/html' } });
      const page = new DOMParser().parseFromString(await response.text(), 'text/html');
      const fresh = page.querySelector('[data-results]');
      if (mine !== latest) return;
      if (!fresh) { location.href = url; return; }
      old.replaceWith(fresh);
      document.title = page.title;
      fresh.querySelector('.facets > details').open = open;
      if (focused?.name) {
        [...fresh.querySelectorAll('input')].find(i => i.name === focused.name && i.value === focused.value)?.focus();
      }
      if (push) history.pushState(null, '', url);
    } catch { location.href = url; }
  };

  document.addEventListener('change', e => {
    if (e.target.matches('[data-results] input[type=checkbox]')) load(address(), true);
  });
  addEventListener('popstate', () => { location.reload(); });
})();
