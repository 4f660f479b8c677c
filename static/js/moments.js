// Moments by both clocks: the one stands still while a laptop sleeps, the other may be set back.
export const now = () => [performance.now(), Date.now()];
export const past = (moment) => Math.max(performance.now() - moment[0], Date.now() - moment[1]);
