// A chart is drawn by the server and whole without this. Here it is read point
// by point, with a slider (so by keyboard too) or by pointing, and saved.
(() => {
  const NS = 'http://www.w3.org/2000/svg';

  // What each form's choice leads to is another address.
  for (const form of document.querySelectorAll('form[data-view-form]')) {
    form.addEventListener('submit', () => {
      for (const e of form.elements) if (e.name && e.value === '') e.disabled = true; // no empty parameters
    });
    addEventListener('pageshow', () => { for (const e of form.elements) e.disabled = false; });
  }

  for (const figure of document.querySelectorAll('[data-plot]')) {
    const drawn = [...figure.querySelectorAll('svg.drawn')]; // for wide and for narrow screens; one of them is seen
    const table = figure.closest('.beside')?.querySelector('table');
    read(figure, drawn, table);
    save(figure, drawn[0]);
  }

  function read(figure, drawn, table) {
    const stopsOf = svg => (svg.dataset.stops || '').split(' ').filter(Boolean).map(Number);
    const stops = stopsOf(drawn[0]);
    const rows = table ? [...table.tBodies[0].rows] : [];
    if (!stops.length || !rows.length) return;
    const last = Math.min(stops.length, rows.length) - 1;
    const heads = [...table.tHead.rows[0].cells].map(c => c.firstChild.textContent.trim());

    const box = document.createElement('div');
    box.className = 'reading';
    const label = document.createElement('label');
    const slider = document.createElement('input');
    const output = document.createElement('output');
    slider.type = 'range'; slider.min = 0; slider.max = last; slider.value = 0;
    slider.id = drawn[0].querySelector('title').id + '-read';
    label.htmlFor = slider.id;
    label.textContent = figure.dataset.wordsRead;
    box.append(label, slider, output);
    figure.append(box);

    let shown = -1;
    const show = i => {
      if (i === shown) return;
      shown = i;
      for (const svg of drawn) {
        let line = svg.querySelector('[data-here]');
        if (!line) {
          line = document.createElementNS(NS, 'path');
          line.dataset.here = '';
          svg.append(line);
        }
        const [, , width] = svg.getAttribute('viewBox').split(' ');
        const at = stopsOf(svg)[i];
        line.setAttribute('d', 'across' in svg.dataset ? `M0 ${at}H${width}` : `M${at} ${svg.dataset.top}V${svg.dataset.bottom}`);
      }
      const words = [...rows[i].cells].map((c, k) => k ? `${heads[k]} ${c.textContent.trim()}` : c.textContent.trim()).join(' · ');
      output.textContent = words;
      slider.setAttribute('aria-valuetext', words);
      for (const r of rows) delete r.dataset.here;
      rows[i].dataset.here = '';
    };
    slider.addEventListener('input', () => show(+slider.value));
    slider.addEventListener('focus', () => show(+slider.value));
    for (const svg of drawn) {
      const stops = stopsOf(svg);
      svg.addEventListener('pointermove', e => {
        const at = new DOMPoint(e.clientX, e.clientY).matrixTransform(svg.getScreenCTM().inverse());
        const place = 'across' in svg.dataset ? at.y : at.x;
        let best = 0;
        for (let i = 1; i <= last; i++) if (Math.abs(stops[i] - place) < Math.abs(stops[best] - place)) best = i;
        slider.value = best;
        show(best);
      });
    }
  }

  // A chart that leaves the page takes its colours with it.
  const kept = ['fill', 'stroke', 'stroke-width', 'stroke-dasharray', 'stroke-linejoin', 'font-family', 'font-size', 'font-weight'];
  function alone(svg) {
    const copy = svg.cloneNode(true);
    const from = [svg, ...svg.querySelectorAll('*')], to = [copy, ...copy.querySelectorAll('*')];
    from.forEach((e, i) => {
      const style = getComputedStyle(e);
      for (const name of kept) {
        const value = style.getPropertyValue(name);
        if (name === 'fill' && value.startsWith('url(')) continue; // a pattern stays what it is
        if (value && value !== 'none' || name === 'fill') to[i].setAttribute(name, value);
      }
    });
    copy.querySelector('[data-here]')?.remove();
    const [x, y, width, height] = svg.getAttribute('viewBox').split(' ').map(Number);
    copy.setAttribute('xmlns', NS);
    copy.setAttribute('width', width); copy.setAttribute('height', height);
    const paper = document.createElementNS(NS, 'rect');
    for (const [k, v] of Object.entries({ x, y, width, height, fill: getComputedStyle(document.body).backgroundColor })) paper.setAttribute(k, v);
    copy.insertBefore(paper, copy.firstChild.nextSibling);
    return { text: new XMLSerializer().serializeToString(copy), width, height };
  }

  function save(figure, svg) {
    const tools = document.createElement('div');
    tools.className = 'plot-tools';
    const button = (words, make) => {
      const b = document.createElement('button');
      b.type = 'button'; b.className = 'btn s'; b.textContent = words;
      b.addEventListener('click', make);
      tools.append(b);
    };
    const name = (figure.dataset.name || 'chart').replace(/[\\/:*?"<>|]/g, '_');
    const give = (blob, ending) => {
      const a = document.createElement('a');
      a.href = URL.createObjectURL(blob);
      a.download = name + ending;
      a.click();
      setTimeout(() => URL.revokeObjectURL(a.href), 10000);
    };
    button(figure.dataset.wordsSvg, () => give(new Blob([alone(svg).text], { type: 'image/svg+xml' }), '.svg'));
    button(figure.dataset.wordsPng, () => {
      const { text, width, height } = alone(svg);
      const image = new Image();
      image.onload = () => {
        const canvas = document.createElement('canvas');
        canvas.width = width * 2; canvas.height = height * 2;
        const to = canvas.getContext('2d');
        to.scale(2, 2);
        to.drawImage(image, 0, 0);
        canvas.toBlob(blob => give(blob, '.png'), 'image/png');
      };
      image.src = 'data:image/svg+xml;charset=utf-8,' + encodeURIComponent(text);
    });
    figure.append(tools);
  }
})();
