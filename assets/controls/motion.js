// Motion, and none where the system asks for reduced motion.

const reduced = matchMedia("(prefers-reduced-motion: reduce)");

/** Whether the system asks for reduced motion. */
export const isStill = () => reduced.matches;

/**
 * Make a button start and stop an animation: `step()` every `pause` milliseconds, until it returns false. `words` are
 * the button's texts, [while stopped, while playing]; `titles` its tooltips, [where it may play, where the system asks
 * for reduced motion]. `onStart()` and `onStop()` are called when it starts and when it stops. Returns { stop, isPlaying }.
 */
export function mountPlayer(button, { pause, words, titles, step, onStart = () => {}, onStop = () => {} }) {
  let timer = null;

  function show() {
    button.textContent = words[timer ? 1 : 0];
    button.ariaPressed = String(Boolean(timer));
  }

  function stop() {
    const wasPlaying = timer !== null;
    clearInterval(timer);
    timer = null;
    show();
    if (wasPlaying) onStop();
  }

  function start() {
    timer = setInterval(() => step() === false && stop(), pause);
    show();
    onStart();
  }

  function heedMotion() {
    if (isStill()) stop();
    button.disabled = isStill();
    button.title = titles[isStill() ? 1 : 0];
  }

  button.addEventListener("click", () => (timer ? stop() : start()));
  reduced.addEventListener("change", heedMotion);
  heedMotion();
  show();
  return { stop, isPlaying: () => timer !== null };
}
