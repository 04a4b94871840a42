// A map is drawn by the server; its buttons are links. With this they change
// the map in place, it moves by pointer, wheel and arrow keys, and only the
// part of the page that changes is fetched.
(() => {
  let view = document.querySelector('[data-map-view]');
  if (!view || !history.pushState) return;
  let asked = 0;

  const parts = () => ({ figure: view.querySelector('[data-map]'), sheet: view.querySelector('[data-sheet]'), status: view.querySelector('[data-status]') });
  const link = name => view.querySelector(`a[data-move="${name}"]`);

  // go fetches the page of another part of the world and takes its map.
  async function go(href, focus) {
    const { figure, sheet, status } = parts();
    const mine = ++asked;
    sheet.setAttribute('aria-busy', 'true');
    status.textContent = figure.dataset.busy;
    let next;
    try {
      const answer = await fetch(href, { headers: { Accept: 'text/html' } });
      if (!answer.ok) throw new Error(answer.status);
      next = new DOMParser().parseFromString(await answer.text(), 'text/html').querySelector('[data-map-view]');
    } catch { /* said below */ }
    if (mine !== asked) return; // somebody asked for another since
    if (!next) {
      sheet.removeAttribute('aria-busy');
      status.textContent = figure.dataset.failed;
      sheet.querySelector('svg').removeAttribute('transform');
      return;
    }
    const fresh = document.importNode(next, true);
    view.replaceWith(fresh);
    view = fresh;
    history.replaceState(null, '', href);
    ready();
    const { sheet: to, status: say } = parts();
    say.textContent = view.querySelector('#map-rows-h')?.textContent ?? '';
    if (focus === 'sheet') to.focus({ preventScroll: true });
    else if (focus) link(focus)?.focus({ preventScroll: true });
  }

  // boxed is the address of another box.
  function boxed(box) {
    const from = link('in') || link('out');
    if (!from) return null;
    const to = new URL(from.href);
    to.searchParams.set('box', box.map(v => Math.round(v * 1e4) / 1e4).join(','));
    return to.href;
  }

  function ready() {
    const { figure, sheet } = parts();
    const svg = sheet.querySelector('svg');
    sheet.tabIndex = 0;
    sheet.setAttribute('role', 'group');
    sheet.setAttribute('aria-label', figure.querySelector('h3').textContent);
    sheet.dataset.grab = '';

    view.addEventListener('click', e => {
      const a = e.target.closest('a[data-move], [data-sheet] a');
      if (!a || e.ctrlKey || e.metaKey || e.shiftKey || e.button) return;
      const href = a.getAttribute('href');
      if (moved) { e.preventDefault(); return; }
      if (href.startsWith('#')) return row(e, href.slice(1));
      e.preventDefault();
      go(a.href, a.dataset.move || 'sheet');
    });

    // A point leads to its row, which is shown in its own box.
    function row(e, id) {
      const tr = document.getElementById(id);
      if (!tr) return;
      e.preventDefault();
      for (const r of view.querySelectorAll('tr[data-here]')) delete r.dataset.here;
      tr.dataset.here = '';
      const box = tr.closest('.tw');
      box.scrollTop = tr.offsetTop - box.clientHeight / 3;
      tr.focus({ preventScroll: matchMedia('(min-width: 1000px)').matches });
    }

    sheet.addEventListener('keydown', e => {
      if (e.target !== sheet || e.ctrlKey || e.metaKey || e.altKey) return;
      const name = { ArrowLeft: 'west', ArrowRight: 'east', ArrowUp: 'north', ArrowDown: 'south', '+': 'in', '=': 'in', '-': 'out', '0': 'all' }[e.key];
      const a = name && link(name);
      if (!a) return;
      e.preventDefault();
      go(a.href, 'sheet');
    });

    // Dragging moves the picture at once and asks when it is let go.
    let from = null, moved = false;
    const unit = () => 720 / svg.getBoundingClientRect().width;
    sheet.addEventListener('pointerdown', e => {
      if (e.button || e.pointerType === 'touch') return;
      from = [e.clientX, e.clientY];
      moved = false;
    });
    sheet.addEventListener('pointermove', e => {
      if (!from) return;
      const x = (e.clientX - from[0]) * unit(), y = (e.clientY - from[1]) * unit();
      if (!moved && Math.hypot(x, y) < 5) return;
      if (!moved) { moved = true; sheet.dataset.grab = 'on'; sheet.setPointerCapture(e.pointerId); }
      svg.querySelector('g').setAttribute('transform', `translate(${x} ${y})`);
    });
    sheet.addEventListener('pointerup', e => {
      if (!from) return;
      const x = (e.clientX - from[0]) * unit(), y = (e.clientY - from[1]) * unit();
      from = null;
      sheet.dataset.grab = '';
      if (!moved) return;
      const [w, s, o, n] = figure.dataset.box.split(',').map(Number);
      const dx = -(o - w) * x / 720, dy = (n - s) * y / 480, room = .04 / 1.08;
      const href = boxed([w + dx + (o - w) * room, s + dy + (n - s) * room, o + dx - (o - w) * room, n + dy - (n - s) * room]);
      if (href) go(href, 'sheet');
      setTimeout(() => { moved = false; }, 0);
    });

    // Ctrl and the wheel zoom at the pointer; the wheel alone scrolls the page.
    let wheel = 0;
    sheet.addEventListener('wheel', e => {
      if (!e.ctrlKey && !e.metaKey) return;
      e.preventDefault();
      clearTimeout(wheel);
      const out = e.deltaY > 0;
      wheel = setTimeout(() => {
        const at = new DOMPoint(e.clientX, e.clientY).matrixTransform(svg.getScreenCTM().inverse());
        const [w, s, o, n] = figure.dataset.box.split(',').map(Number);
        const lon = w + (o - w) * at.x / 720, lat = n - (n - s) * at.y / 480, f = (out ? 2 : .5) / 1.08;
        const href = boxed([lon - (lon - w) * f, lat - (lat - s) * f, lon + (o - lon) * f, lat + (n - lat) * f]);
        if (href && (!out || link('out')) && (out || link('in'))) go(href, 'sheet');
      }, 120);
    }, { passive: false });
  }
  ready();
})();
