// The contrast of each visible text with what is behind it, as WCAG 2 reckons it. Runs in the page, and is its last value.
(() => {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const luminance = colours => {
    for (const colour of colours) {
      canvas.fillStyle = colour;
      canvas.fillRect(0, 0, 1, 1);
    }
    const linear = value => (value <= 10 ? value / 3294.6 : ((value / 255 + 0.055) / 1.055) ** 2.4);
    const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].map(linear);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = element => [...(element.parentElement ? behind(element.parentElement) : []), getComputedStyle(element).backgroundColor];
  const texts = 'h1, p, th, td.gone code, td.new code, .where span, summary b, .tag, .field, .about, .legend span, li, label';
  return [...document.querySelectorAll(texts)]
    .filter(element => element.checkVisibility() && element.textContent.trim() !== '')
    .map(element => {
      const ground = behind(element);
      const [dark, light] = [luminance(ground), luminance([...ground, getComputedStyle(element).color])].sort((a, b) => a - b);
      return { text: element.textContent.trim().slice(0, 40), ratio: (light + 0.05) / (dark + 0.05) };
    });
})();
