import { groupsOn } from './groups.ts';
import { TOGETHER } from './modes.ts';
import { SWEEP } from './pick.ts';
import { meetFaults } from './wire.ts';

/*
 * Several changes that meet in one visit to a switch, and in one commit where the switch has commits, meet a network that fails: while they
 * are typed, while all of it is taken back, while what is not to blame is made again. Each caller must be told what is so of his port.
 * FAULT_SEED, FAULT_SWEEP and FAULT_ONLY are as for one change.
 */

meetFaults({
  title: 'changes that meet and a network that fails',
  modes: SWEEP > 0 ? TOGETHER : TOGETHER.slice(0, 1),
  groups: groupsOn,
  oneOf: 10,
  shortestCall: 10_000,
});
