// Motion, and none where the system asks for reduced motion.

const reduced = matchMedia("(prefers-reduced-motion: reduce)");

/** Whether the system asks for reduced motion. */
export const isStill = () => reduced.matches;

/**
 * Let a button start and stop what moves on by itself: `step()` every `pause` milliseconds, until it returns false.
 * `words` are what stands on the button, [while it rests, while it plays]; `titles` what it says of itself,
 * [where it may play, where the system asks for no motion]. `onStart()` and `onStop()` are called when it begins and
 * when it comes to rest. Returns { stop, isPlaying }.
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
