// While somebody writes what data they want, what there is already is shown above
// the form: to look is faster than to ask. Without script the form shows it once
// it is sent.
(() => {
  const place = document.querySelector('[data-alike]');
  const box = place && document.getElementById(place.dataset.alikeOf);
  if (!box) return;
  let timer, asked = 0, last = box.value.trim();
  const look = async () => {
    const title = box.value.trim(), mine = ++asked;
    if (title === last) return;
    last = title;
    if ([...title].length < 2) return place.replaceChildren();
    try {
      const answer = await fetch(place.dataset.alike + '?' + new URLSearchParams({ title }), { headers: { Accept: 'text/html' } });
      if (!answer.ok || mine !== asked) return;
      const found = new DOMParser().parseFromString(await answer.text(), 'text/html');
      place.replaceChildren(...found.body.childNodes);
    } catch { /* a hint that does not come hinders nobody */ }
  };
  box.addEventListener('input', () => { clearTimeout(timer); timer = setTimeout(look, 350); });
})();
