// Runs before the first paint, so that a chosen theme does not flash. The policy forbids inline scripts.
(function () {
  try {
    var theme = localStorage.getItem('dnstorm.theme');
    if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
  } catch (e) {
    // storage may be forbidden: the system's theme it is
  }
})();
