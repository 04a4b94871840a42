// The explorer of a table. Without this script every control is a link or a
// form that leads to a page of its own. With it
// - only the explorer is replaced, the address still says what is on screen,
//   and the focus stays where it was,
// - rows go on below the last one, and before the first, as one scrolls,
// - a click with Shift on a head sorts by it after the others,
// - a bar of the distribution fills in its ends.
(() => {
  const root = document.getElementById('explorer');
  if (!root) return;
  const part = root.querySelector('[data-part]'), live = root.querySelector('[data-live]');
  const page = new URL(root.dataset.explorer, location.href).pathname;
  root.dataset.scripted = '';

  const partOf = url => url.pathname + '/explorer' + url.search;
  const pageOf = url => url.pathname.replace(/\/explorer$/, '') + url.search;

  // ── replacing ──

  // The way to an element through its parents, to find its like afterwards.
  const way = e => {
    const steps = [];
    for (; e && e !== part; e = e.parentElement) steps.unshift([...e.parentElement.children].indexOf(e));
    return e ? steps : null;
  };
  const follow = steps => steps.reduce((e, n) => e?.children[n], part);

  const refocus = (steps, like, from, to) => {
    const panel = to.searchParams.get('panel'), before = from.searchParams.get('panel');
    let target;
    if (panel && panel !== before) target = part.querySelector('#column-h');
    else if (before && !panel) target = part.querySelector(`.see[href*="panel=${CSS.escape(encodeURIComponent(before))}"]`) ?? part.querySelector('#x-q');
    else if (like.step) target = part.querySelector(`[data-step="${like.step}"]`) ?? part.querySelector('.xscroll');
    else if (steps) target = follow(steps);
    if (target && target.tagName !== like.tag && !panel) target = null;
    target ??= part.querySelector('.xscroll') ?? part.querySelector('#x-q');
    target?.focus({ preventScroll: !panel || panel === before });
    if (panel && panel !== before) target?.scrollIntoView({ block: 'nearest' });
  };

  let at = new URL(location.href), asked;
  const load = async (url, push) => {
    asked?.abort();
    const mine = asked = new AbortController();
    const active = part.contains(document.activeElement) ? document.activeElement : null;
    const steps = way(active), like = { tag: active?.tagName, step: active?.dataset.step };
    part.setAttribute('aria-busy', 'true');
    try {
      const answer = await fetch(partOf(url), { signal: mine.signal });
      if (!answer.ok) throw new Error(String(answer.status));
      const html = await answer.text();
      const here = new URL(pageOf(new URL(answer.url)), location.href); // a form was sent on to its state
      part.innerHTML = html;
      const from = push ? new URL(location.href) : at;
      if (push) history.pushState({ explorer: true }, '', here);
      at = here;
      settle();
      if (active) refocus(steps, like, from, here);
      live.textContent = '';
      setTimeout(() => { live.textContent = part.querySelector('[data-say]')?.dataset.say ?? ''; }, 60);
    } catch (e) {
      if (e.name !== 'AbortError') location.assign(url); // the page says what is wrong
    } finally {
      if (asked === mine) part.removeAttribute('aria-busy');
    }
  };

  // What other scripts do for the page they do for what is new on it. Those that
  // come with a view run again on each new one of it.
  const settle = () => {
    for (const s of part.querySelectorAll('script[src]')) {
      const again = document.createElement('script');
      again.src = s.src;
      s.replaceWith(again);
    }
    document.dispatchEvent(new CustomEvent('part', { detail: part }));
    scroll();
  };

  const ours = href => {
    const url = new URL(href, location.href);
    return url.origin === location.origin && url.pathname === page ? url : null;
  };

  root.addEventListener('click', e => {
    if (e.defaultPrevented || e.button !== 0 || e.metaKey || e.ctrlKey || e.altKey) return;
    const link = e.target.closest('a[href]');
    if (!link || link.target || link.hasAttribute('download')) return;
    const url = ours(e.shiftKey && link.dataset.also ? link.dataset.also : link.href);
    if (!url || e.shiftKey && !link.dataset.also) return;
    e.preventDefault();
    load(url, true);
  });

  root.addEventListener('submit', e => {
    const url = ours(e.target.action);
    if (!url || e.target.method !== 'get') return;
    e.preventDefault();
    url.search = new URLSearchParams([...new FormData(e.target)].filter(([, value]) => value !== ''));
    load(url, true);
  });

  addEventListener('popstate', () => {
    const here = new URL(location.href);
    if (here.pathname === page && here.search !== at.search) load(here, false);
  });

  // ── menus ──

  const openMenu = () => root.querySelector('.xmenu[open]');
  root.addEventListener('keydown', e => {
    const menu = openMenu();
    if (e.key !== 'Escape' || !menu) return;
    menu.open = false;
    menu.querySelector('summary').focus();
  });
  document.addEventListener('pointerdown', e => {
    const menu = openMenu();
    if (menu && !menu.contains(e.target)) menu.open = false;
  });

  // ── the distribution ──

  root.addEventListener('click', e => {
    const bar = e.target.closest('.xhist rect');
    const form = bar && [...root.querySelectorAll('.xform')].find(f => f.elements.set?.value === 'between');
    if (!form) return;
    const fields = form.querySelectorAll('input[name="v"]');
    [bar.dataset.from, bar.dataset.to].forEach((value, i) => { fields[i].value = fields[i].type === 'date' ? value.slice(0, 10) : value; });
    form.requestSubmit();
  });

  // ── rows that go on ──

  const near = 800, most = 12; // pixels before the end; pages held at once
  const scroll = () => {
    const box = part.querySelector('[data-rows]');
    const table = box?.querySelector('table');
    if (!table || !box.dataset.next && !box.dataset.prev) return;
    const read = box => ({ body: box.querySelector('tbody'), next: box.dataset.next, prev: box.dataset.prev, before: Number(box.dataset.before) });
    const pages = [{ ...read(box), url: at.pathname + at.search }];
    const range = part.querySelector('[data-range]');
    let busy = false, still = false;

    const hold = () => { // the widths of the first page are those of all
      if (still) return;
      still = true;
      const columns = document.createElement('colgroup');
      for (const head of table.tHead.rows[0].cells) {
        const column = document.createElement('col');
        column.style.width = head.getBoundingClientRect().width + 'px';
        columns.append(column);
      }
      table.style.width = table.getBoundingClientRect().width + 'px';
      table.prepend(columns);
      table.classList.add('fixed');
    };

    const step = (name, href) => {
      const link = part.querySelector(`a[data-step="${name}"]`);
      if (link && href) link.href = href;
    };

    const fetchPage = async href => {
      const url = new URL(href, location.href);
      url.searchParams.delete('panel');
      const answer = await fetch(partOf(url));
      if (!answer.ok) return null;
      const made = new DOMParser().parseFromString(await answer.text(), 'text/html').querySelector('[data-rows]');
      return made && { ...read(made), url: href };
    };

    const more = async () => {
      if (busy || !box.isConnected) return;
      const down = box.scrollHeight - box.scrollTop - box.clientHeight < near, up = box.scrollTop < near;
      const forward = down && pages.at(-1).next, back = !forward && up && pages[0].prev;
      if (!forward && !back) return;
      busy = true;
      hold();
      const made = await fetchPage(forward || back).catch(() => null);
      if (made && box.isConnected) {
        if (forward) {
          table.append(made.body);
          pages.push(made);
          if (pages.length > most) {
            const gone = pages.shift(), height = gone.body.getBoundingClientRect().height;
            gone.body.remove();
            box.scrollTop -= height;
            pages[0].prev = gone.url;
          }
        } else {
          table.tHead.after(made.body);
          box.scrollTop += made.body.getBoundingClientRect().height;
          pages.unshift(made);
          if (pages.length > most) {
            const gone = pages.pop();
            gone.body.remove();
            pages.at(-1).next = gone.url;
          }
        }
        step('next', pages.at(-1).next);
        step('prev', pages[0].prev);
      }
      busy = false;
      if (made) requestAnimationFrame(more);
    };

    // Which rows are to be seen.
    const say = () => {
      if (!range) return;
      const top = box.getBoundingClientRect().top + table.tHead.getBoundingClientRect().height, bottom = box.getBoundingClientRect().bottom;
      let first = 0, last = 0;
      for (const p of pages) {
        const edge = p.body.getBoundingClientRect();
        if (edge.bottom <= top || edge.top >= bottom) continue;
        [...p.body.rows].forEach((row, i) => {
          const r = row.getBoundingClientRect();
          if (r.bottom <= top + 1 || r.top >= bottom - 1) return;
          first ||= p.before + i + 1;
          last = p.before + i + 1;
        });
      }
      if (first) range.textContent = range.dataset.range.replace('{from}', first.toLocaleString('en')).replace('{to}', last.toLocaleString('en'));
    };

    let drawn = 0;
    box.addEventListener('scroll', () => {
      more();
      cancelAnimationFrame(drawn);
      drawn = requestAnimationFrame(say);
    }, { passive: true });
  };

  scroll();
})();
