// daicho: small helps for forms. Every page works without this file; nothing here decides anything.
(function () {
  'use strict';
  var each = function (sel, fn) { Array.prototype.forEach.call(document.querySelectorAll(sel), fn); };

  // Leaving a form with unsaved input asks first: <form data-dirty>.
  var dirty = null;
  document.addEventListener('input', function (e) {
    var form = e.target.form;
    if (form && form.hasAttribute('data-dirty')) dirty = form;
  });
  document.addEventListener('submit', function (e) {
    var by = e.submitter, text = (by && by.getAttribute('data-confirm')) || e.target.getAttribute('data-confirm');
    if (text && !window.confirm(text)) { e.preventDefault(); return; }
    if (e.target === dirty) dirty = null;
  });
  window.addEventListener('beforeunload', function (e) {
    if (dirty) { e.preventDefault(); e.returnValue = ''; }
  });

  // Rows of a table in a form: <tbody data-rows> holds <tr data-row>; <button name="addrow" data-addrow="id of the tbody">.
  // Without this script the same button submits the form and the server answers with one more row.
  function clear(row) {
    Array.prototype.forEach.call(row.querySelectorAll('input, select, textarea'), function (c) {
      if (c.type === 'checkbox' || c.type === 'radio') c.checked = false;
      else if (c.tagName === 'SELECT') c.selectedIndex = 0;
      else c.value = '';
      c.removeAttribute('id');
      c.removeAttribute('aria-invalid');
      c.removeAttribute('aria-describedby');
    });
    Array.prototype.forEach.call(row.querySelectorAll('.error'), function (p) { p.remove(); });
  }
  document.addEventListener('click', function (e) {
    var b = e.target.closest ? e.target.closest('button') : null;
    if (!b) return;
    if (b.hasAttribute('data-addrow')) {
      var body = document.getElementById(b.getAttribute('data-addrow'));
      var last = body && body.querySelector('tr[data-row]:last-of-type');
      if (!last) return;
      e.preventDefault();
      var row = last.cloneNode(true);
      clear(row);
      body.appendChild(row);
      var first = row.querySelector('input, select, textarea');
      if (first) first.focus();
      dirty = b.form || dirty;
    } else if (b.hasAttribute('data-delrow')) {
      var tr = b.closest('tr[data-row]');
      if (!tr) return;
      e.preventDefault();
      if (tr.parentNode.querySelectorAll('tr[data-row]').length > 1) tr.remove();
      else clear(tr);
      dirty = b.form || dirty;
    } else if (b.hasAttribute('data-print')) {
      e.preventDefault();
      window.print();
    }
  });

  // A long <select data-filter="label"> gets a field above it that narrows the choices.
  each('select[data-filter]', function (sel) {
    if (sel.parentNode.querySelector('.finder')) return;     // the server looks among more than this list holds
    var all = Array.prototype.slice.call(sel.options), f = document.createElement('input');
    f.type = 'search';
    f.className = 'filter';
    f.placeholder = sel.getAttribute('data-filter');
    f.setAttribute('aria-label', f.placeholder);
    f.setAttribute('form', '');
    var narrow = function () {
      var want = f.value.normalize('NFKC').toLowerCase(), keep = sel.value;
      sel.textContent = '';
      all.forEach(function (o) {
        if (o.value === '' || o.value === keep || o.text.normalize('NFKC').toLowerCase().indexOf(want) >= 0) sel.appendChild(o);
      });
      sel.value = keep;
    };
    f.addEventListener('input', function (e) { if (!e.isComposing) narrow(); });
    f.addEventListener('compositionend', narrow);
    f.addEventListener('keydown', function (e) { if (e.key === 'Enter') e.preventDefault(); });
    sel.parentNode.insertBefore(f, sel);
  });

  // The list of problems takes the focus, so that it is read first.
  each('.problems', function (p) { p.tabIndex = -1; p.focus(); });
})();
