// The SQL editor of a workspace, over the plain textarea of its page: highlighting,
// completion of the mounted tables and columns, Ctrl+Enter. Built by build.sh into
// static/js/codemirror.js. It lives in a shadow root, so that its styles are
// adopted and need no exception from the policy about what a page may load.
import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands';
import { sql, PostgreSQL } from '@codemirror/lang-sql';
import { HighlightStyle, bracketMatching, syntaxHighlighting } from '@codemirror/language';
import { EditorState } from '@codemirror/state';
import { EditorView, drawSelection, highlightActiveLine, keymap, lineNumbers } from '@codemirror/view';
import { tags } from '@lezer/highlight';

const box = document.querySelector('[data-sql]'), area = box?.querySelector('textarea');
if (area) {
  const host = document.createElement('div');
  area.after(host);
  const root = host.attachShadow({ mode: 'open' });
  const look = HighlightStyle.define([
    { tag: [tags.keyword, tags.typeName], color: 'var(--qing)' },
    { tag: tags.comment, color: 'var(--ink-3)' },
    { tag: [tags.string, tags.number, tags.bool], color: 'var(--due)' },
  ]);
  const theme = EditorView.theme({
    '&': { fontSize: '13px', color: 'var(--ink)', backgroundColor: 'transparent', minHeight: '336px' },
    '.cm-content': { fontFamily: 'var(--mono)', lineHeight: '24px', caretColor: 'var(--ink)' },
    '.cm-gutters': { backgroundColor: 'transparent', color: 'var(--ink-3)', border: '0' },
    '.cm-activeLine': { backgroundColor: 'var(--paper-2)' },
    '.cm-cursor': { borderLeftColor: 'var(--ink)' },
    '&.cm-focused': { outline: 'var(--focus)' },
    '&.cm-focused .cm-selectionBackground, .cm-selectionBackground': { backgroundColor: 'var(--wash)' },
    '.cm-tooltip': { backgroundColor: 'var(--paper)', border: '1px solid var(--ink)', color: 'var(--ink)' },
    '.cm-tooltip-autocomplete ul li[aria-selected]': { backgroundColor: 'var(--wash)', color: 'var(--ink)' },
  });
  const run = { key: 'Mod-Enter', run: () => { area.form.requestSubmit(area.form.querySelector('[data-run]')); return true; } };
  const view = new EditorView({
    root, parent: root,
    state: EditorState.create({
      doc: area.value,
      extensions: [
        keymap.of([run]), lineNumbers(), history(), drawSelection(), bracketMatching(), closeBrackets(), autocompletion(), highlightActiveLine(),
        sql({ dialect: PostgreSQL, schema: JSON.parse(box.dataset.names), upperCaseKeywords: false }), syntaxHighlighting(look), theme,
        EditorView.contentAttributes.of({ 'aria-label': box.querySelector('label').textContent, spellcheck: 'false', tabindex: '0' }),
        keymap.of([...closeBracketsKeymap, ...completionKeymap, ...historyKeymap, ...defaultKeymap, { ...indentWithTab, key: 'Tab' }]),
        EditorView.updateListener.of(u => { if (u.docChanged) area.value = u.state.doc.toString(); }),
      ],
    }),
  });
  area.hidden = true;
  // Escape, then Tab, leaves the editor: whoever uses the keyboard is not caught.
  view.dom.addEventListener('keydown', e => { if (e.key === 'Escape') view.setTabFocusMode(2000); });
}
