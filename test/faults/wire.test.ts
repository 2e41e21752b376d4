import { alone } from './groups.ts';
import { MODES } from './modes.ts';
import { movesOn } from './moves.ts';
import { meetFaults } from './wire.ts';

/*
 * Every method on every platform meets a network that fails: at every kind of place, in every way, one change and one fault at a time.
 * What is told afterwards must be so. FAULT_SEED=n takes other places, FAULT_SWEEP=1 takes all of them (for a long night),
 * FAULT_SWEEP=50 one of 50 of all, FAULT_ONLY='part of a fault's name' only some.
 */

meetFaults({
  title: 'one change and a network that fails',
  modes: MODES,
  groups: platform => movesOn(platform).map(alone),
  oneOf: MODES.length,
  shortestCall: 6000,
});
