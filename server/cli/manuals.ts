/** What stands under the help of commands: examples and exit statuses, in 80 columns. */

export function manual(): string {
  return `
Try it:
  mercury demo                     everything at once, on simulated switches
  mercury lab --write /tmp/lab     switches to play with
  mercury plan attach_port leaf-201 Ethernet7 --native 100

Exit status:
   0  done, or already so
   1  an error of mercury itself
   2  wrong usage, settings or library
   3  refused by mercury: not valid, not permitted or not supported;
      explain: no
   4  refused by the device before anything was changed
   5  not reachable, busy or too slow: try again
   6  failed, and all of it was taken back
   7  failed, and the port was left in the safe state of its playbook
   8  not known: look at the device
   9  verify: the device does not hold what is asked
  10  lint: it found something; import: something is left to do by hand;
      test: a case failed; replay: what was typed is not what is recorded;
      review: lint has complaints that it had not before
  11  review: something changes`;
}

export function reviewManual(): string {
  return `
Every method is planned in every mode on every platform and for every device,
before and after; what differs is shown, with the line that it comes from.
A comment, or a block that only moves, changes nothing. No device is touched,
and no credentials are read.

Exit status:
   0  nothing changes
  11  something changes
  10  something changes, and lint has complaints that it had not before
   2  wrong usage, no such revision, settings that are wrong`;
}

export function lintManual(): string {
  return `
A line that has to break a rule says so, with the reason:
  shutdown        {{! lint: allow update-shuts-nothing because ... }}
  commands: ...   # lint: allow known-words because ...

Exit status:
   0  nothing to say
  10  something is refused at load, or a rule is broken`;
}

export function verifyManual(): string {
  return `  mercury verify --all /var/log/mercury/audit.log

--all takes JSON-RPC calls as they came over the wire, in a list or one a line,
or the audit that "mercury serve" writes on standard output: there the last
change of each port, LAG and network counts that was applied or unchanged. One
whose last change failed after something was typed is listed as not known.
Each device is logged in to once, and nothing is typed but reads.

Exit status with --all:
   0  all of it holds
   9  a device does not hold what is asked, whatever became of the others
   5  none of those that could be asked differs; others could not be asked, or
      it is not known what they should be`;
}

export function keyscanManual(): string {
  return `
A jump host on the way is logged in to, and must show a key that is in the
inventory; the devices themselves are not.

Exit status:
   0  seen, and no device shows only keys that are not those of the inventory
   4  a device shows none of the keys that the inventory has for it
   5  a device cannot be reached`;
}

export function importManual(): string {
  return `
What could not be carried over goes to standard error, with its line.

Exit status:
   0  all that matters was carried over; host keys are still to be written
   2  wrong usage, a format that nobody knows, a file that is broken or
      already there: nothing was written
  10  carried over, and some of it needs a person first: a device of an
      unknown platform, a password that is not in the file, ...`;
}
