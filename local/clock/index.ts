export type { Clock, Instant, TimerId } from './clock.ts';
export { RealClock } from './real-clock.ts';
export { VirtualClock } from './virtual-clock.ts';
