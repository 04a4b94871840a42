// Light or dark. Runs in <head> before the first paint, so that a remembered
// choice does not flash; without a choice the system decides (CSS).
(() => {
  const root = document.documentElement, key = 'shuyuan-theme';
  let saved;
  try { saved = localStorage.getItem(key); } catch {}
  if (saved === 'dark' || saved === 'light') root.dataset.theme = saved;
  root.dataset.js = '';
  addEventListener('DOMContentLoaded', () => {
    for (const button of document.querySelectorAll('[data-theme-switch]')) {
      const isDark = () => root.dataset.theme ? root.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
      const say = () => button.setAttribute('aria-pressed', String(isDark()));
      button.hidden = false;
      say();
      matchMedia('(prefers-color-scheme: dark)').addEventListener('change', say);
      button.addEventListener('click', () => {
        root.dataset.theme = isDark() ? 'light' : 'dark';
        try { localStorage.setItem(key, root.dataset.theme); } catch {}
        say();
      });
    }
  });
})();
