/**
 * Questions that tests ask from within a page: `probes.NAME()` in whatever page a test visits. A classic script, put
 * there by the browser itself before the page's own, so that no policy of the page is in its way.
 */
globalThis.probes = (() => {
  const CONTROLS =
    'a[href], button, input, select, textarea, summary, [tabindex], [role=button], [role=tab], [role=option], [role=treeitem], [role=checkbox], [role=switch], [role=link]';

  const isShown = (element) =>
    element.checkVisibility({ opacityProperty: true, visibilityProperty: true }) &&
    element.getBoundingClientRect().width > 1;

  const described = (element) => {
    const classes = [...element.classList].map((name) => `.${name}`).join('');
    return `${element.localName}${element.id === '' ? '' : `#${element.id}`}${classes} "${element.textContent.trim().slice(0, 40)}"`;
  };

  /** The name that a screen reader says, near enough: the order is that of the Accessible Name computation. */
  const nameOf = (element) => {
    const by = (element.getAttribute('aria-labelledby') ?? '')
      .split(/\s+/)
      .map((id) => document.getElementById(id)?.textContent ?? '')
      .join(' ');
    const labels = [...(element.labels ?? [])].map((label) => label.textContent).join(' ');
    const names = [by, element.getAttribute('aria-label'), labels, element.textContent, element.title];
    return names.find((name) => (name ?? '').trim() !== '')?.trim() ?? '';
  };

  /** `[red, green, blue, alpha]`, 0 to 1, of a colour as getComputedStyle writes it. */
  const canvas = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true });
  const colour = (text) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = text;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data].map((part) => part / 255);
  };

  const over = (upper, lower) => {
    const alpha = upper[3];
    return [0, 1, 2].map((part) => upper[part] * alpha + lower[part] * (1 - alpha)).concat(1);
  };

  /** WCAG 2.2, relative luminance. */
  const luminance = (rgb) => {
    const [red, green, blue] = rgb.map((part) =>
      part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4,
    );
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };

  const ratio = (one, other) => {
    const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a);
    return (light + 0.05) / (dark + 0.05);
  };

  /** What is painted behind an element: its own and its ancestors' backgrounds, one over the other. */
  const groundOf = (element) => {
    const layers = [];
    for (let each = element; each !== null; each = each.parentElement) {
      const layer = colour(getComputedStyle(each).backgroundColor);
      layers.push(layer);
      if (layer[3] === 1) break;
    }
    const root = matchMedia('(prefers-color-scheme: dark)').matches ? [0, 0, 0, 1] : [1, 1, 1, 1];
    return layers.reduceRight((ground, layer) => over(layer, ground), root);
  };

  /** Texts that are shown with too little contrast: 4.5, or 3 where they are large. */
  const faint = () => {
    const found = new Map();
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const element = walker.currentNode.parentElement;
      if (walker.currentNode.data.trim() === '' || element === null || !isShown(element)) continue;
      if (element.closest('svg, script, style, [disabled], [aria-disabled=true]') !== null) continue;
      const style = getComputedStyle(element);
      const ground = groundOf(element);
      let opacity = 1;
      for (let each = element; each !== null; each = each.parentElement)
        opacity *= Number(getComputedStyle(each).opacity);
      const ink = colour(style.color);
      const seen = ratio(over([...ink.slice(0, 3), ink[3] * opacity], ground), ground);
      const size = Number.parseFloat(style.fontSize);
      const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
      if (seen < (isLarge ? 3 : 4.5))
        found.set(`${style.color} ${ground}`, `${seen.toFixed(2)}: ${described(element)}`);
    }
    return [...found.values()];
  };

  /** What somebody without sight, or without a mouse, would stumble over. */
  const unnamed = () => {
    const faults = [];
    for (const element of document.querySelectorAll(CONTROLS)) {
      if (isShown(element) && nameOf(element) === '')
        faults.push(`no name: ${element.outerHTML.slice(0, 120)}`);
    }
    for (const element of document.querySelectorAll('img:not([alt]), svg:not([aria-hidden=true])')) {
      const isNamed = nameOf(element) !== '' || element.querySelector('title') !== null;
      if (isShown(element) && !isNamed) faults.push(`no name: ${element.outerHTML.slice(0, 120)}`);
    }
    for (const element of document.querySelectorAll('[tabindex]'))
      if (element.tabIndex > 0) faults.push(`an order of its own: ${described(element)}`);
    return faults;
  };

  /** Ids that come twice, and references that lead nowhere. */
  const dangling = () => {
    const ids = [...document.querySelectorAll('[id]')].map(({ id }) => id);
    const faults = ids.filter((id, index) => ids.indexOf(id) !== index).map((id) => `twice: ${id}`);
    for (const name of [
      'aria-labelledby',
      'aria-describedby',
      'aria-controls',
      'aria-activedescendant',
      'for',
    ]) {
      for (const element of document.querySelectorAll(`[${name}]`)) {
        for (const id of element.getAttribute(name).split(/\s+/))
          if (id !== '' && document.getElementById(id) === null) faults.push(`${name}: ${id}`);
      }
    }
    return faults;
  };

  /** Roles that stand outside of what they belong to: an option of no list, a tab of no tab list. */
  const homeless = () => {
    const homes = {
      tab: 'tablist',
      option: 'listbox',
      treeitem: 'tree',
      row: 'table, grid, rowgroup',
      menuitem: 'menu, menubar',
    };
    return Object.entries(homes).flatMap(([role, owners]) => {
      const owner = owners
        .split(', ')
        .map((each) => `[role=${each}]`)
        .join(', ');
      return [...document.querySelectorAll(`[role=${role}]`)]
        .filter((element) => element.closest(owner) === null)
        .map((element) => `${role}: ${described(element)}`);
    });
  };

  /** What has the focus, and whether that can be seen. */
  const focus = () => {
    const element = document.activeElement;
    const style = getComputedStyle(element);
    const ring = style.outlineStyle !== 'none' && Number.parseFloat(style.outlineWidth) > 0;
    return {
      name: nameOf(element).slice(0, 80),
      role: element.getAttribute('role') ?? element.localName,
      isBody: element === document.body,
      isVisible: ring || style.boxShadow !== 'none',
    };
  };

  /** Ids of all edges that have glowed since the page was opened: each only does for a moment. */
  const glowed = new Set();
  new MutationObserver((records) => {
    for (const { target } of records)
      if (target.classList.contains('glowing')) glowed.add(target.getAttribute('data-edge'));
  }).observe(document, { attributeFilter: ['class'], subtree: true });
  const glows = () => [...glowed];

  /** Parts of the page that stick out of the window sideways. */
  const overflowing = () => document.scrollingElement.scrollWidth - innerWidth;

  /** From now on counts tasks longer than 50 ms and the time between frames. */
  const strain = () => {
    const tasks = [];
    const frames = [];
    const observer = new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) tasks.push(entry.duration);
    });
    observer.observe({ entryTypes: ['longtask'] });
    const began = performance.now();
    let last = began;
    let isOver = false;
    const frame = (now) => {
      frames.push(now - last);
      last = now;
      if (!isOver) requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
    globalThis.strained = () => {
      isOver = true;
      observer.disconnect();
      frames.sort((a, b) => a - b);
      const at = (share) => frames[Math.min(frames.length - 1, Math.floor(frames.length * share))] ?? 0;
      return {
        framesPerS: (frames.length * 1_000) / (performance.now() - began),
        p50: at(0.5),
        p99: at(0.99),
        longest: at(1),
        tasks,
        heap: performance.memory?.usedJSHeapSize,
      };
    };
  };

  return { dangling, faint, focus, glows, homeless, overflowing, strain, unnamed };
})();
