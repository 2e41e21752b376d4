import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { ensurePackages, type Readiness } from '../debian.ts';

const PACKAGES = ['openvswitch-switch', 'openssh-server', 'iproute2', 'iputils-ping'];
// A container may be root and still not be allowed to make networks.
const MAKES_NETWORKS = ['--net', '--mount', 'ip', 'link', 'add', 'name', 'p0', 'type', 'veth', 'peer', 'name', 'p1'];

/** Whether a real switch can be run here; with CI=true, where leaving tests out would go unseen, throws when it cannot. */
export function realSwitchReady(): Readiness {
  const readiness = look();
  if (!readiness.ready && process.env.CI === 'true') throw new Error(`no real switch to test with: ${readiness.why}`);
  return readiness;
}

function look(): Readiness {
  if (process.getuid?.() !== 0) return { ready: false, why: 'only root can make network namespaces' };
  const packages = ensurePackages(PACKAGES);
  if (!packages.ready) return packages;
  if (!existsSync('/dev/net/tun')) return { ready: false, why: 'a userspace bridge needs /dev/net/tun' };
  if (/^root:!/m.test(readFileSync('/etc/shadow', 'utf8')))
    return { ready: false, why: 'root is locked, and sshd without PAM lets no such user in' };
  const tried = spawnSync('unshare', MAKES_NETWORKS, { encoding: 'utf8' });
  return tried.status === 0 ? { ready: true } : { ready: false, why: `no network can be made here: ${tried.stderr.trim()}` };
}
