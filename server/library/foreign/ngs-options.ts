import type { Remark } from './switches.ts';

/** What becomes of the options of networking-generic-switch that have no counterpart in the inventory. */

export const OPTIONS: Readonly<Record<string, Remark>> = {
  ngs_allowed_ports: { say: 'Mercury has no list of ports that may be used; write those that nobody may change under uplinks', todo: true },
  ngs_batch_requests: { say: 'not needed; Mercury queues the changes of a device in memory, without etcd' },
  ngs_commit_interval: { say: 'not needed; Mercury tries again by itself while another holds the configuration' },
  ngs_commit_timeout: { say: 'not needed; a change may take what is left of call_time' },
  ngs_disable_inactive_ports: { say: 'not needed; Mercury closes a port that is detached, unless it has a default_vlan to go back to' },
  ngs_fake_failure_prob: { say: 'of the fake device alone' },
  ngs_fake_sleep_max_s: { say: 'of the fake device alone' },
  ngs_fake_sleep_min_s: { say: 'of the fake device alone' },
  ngs_manage_mtu: { say: 'not needed; Mercury sets an MTU where a call asks for one and the platform can' },
  ngs_manage_vlans: { say: 'not needed; Mercury makes and deletes a VLAN only when add_network or delete_network is called' },
  ngs_max_connections: { say: 'not needed; Mercury makes the changes of a device one after the other' },
  ngs_network_name_format: {
    say: 'VLANs get the names that calls give them; add_network refuses a VLAN that is there under another name, so compare them first',
    todo: true,
  },
  ngs_port_default_mtu: {
    say: 'left out; a device’s vars may have `mtu`, for calls that name none, where the platform can set it',
    todo: true,
  },
  ngs_save_configuration: { say: 'not needed; Mercury saves after every change and says so when it could not' },
  ngs_ssh_connect_interval: { say: 'not needed; a login that fails is told to the caller at once' },
  ngs_ssh_connect_timeout: { say: 'not needed; a login may take what is left of call_time' },
  ngs_ssh_disabled_algorithms: { say: 'left out; Mercury and the device agree on the algorithms themselves. Try a login', todo: true },
  ngs_switchport_mode: { say: 'left out; each call says the mode of its port' },
  ngs_trunk_port_mtu: { say: 'left out; Mercury does not touch uplinks' },
};

const TIMES = 'left out; Mercury divides the time of a call (call_time) by itself';
const HOST_KEYS = 'left out; Mercury knows a device by the host_keys of the inventory, and takes no other';
const AGENT = 'left out; Mercury uses a password or the private key of the credentials file, and no agent';

/** Parameters that are handed to Netmiko as they are. */
export const NETMIKO: Readonly<Record<string, Remark>> = {
  allow_agent: { say: AGENT },
  alt_host_keys: { say: HOST_KEYS },
  alt_key_file: { say: HOST_KEYS },
  auth_timeout: { say: TIMES },
  banner_timeout: { say: TIMES },
  blocking_timeout: { say: TIMES },
  conn_timeout: { say: TIMES },
  delay_factor_compat: { say: TIMES },
  disabled_algorithms: { say: 'left out; Mercury and the device agree on the algorithms themselves. Try a login', todo: true },
  fast_cli: { say: TIMES },
  global_delay_factor: { say: TIMES },
  keepalive: { say: TIMES },
  read_timeout_override: { say: TIMES },
  session_log: { say: 'left out; the audit has every command that was typed' },
  session_timeout: { say: TIMES },
  ssh_config_file: { say: 'left out; Mercury connects to the device itself, without a jump host', todo: true },
  ssh_strict: { say: HOST_KEYS },
  system_host_keys: { say: HOST_KEYS },
  timeout: { say: TIMES },
  use_keys: { say: 'not needed; Mercury uses the private key where there is one' },
};

/** Sections that are about the service. */
export const SECTIONS: Readonly<Record<string, string>> = {
  ngs: 'is not needed; the audit has every command that was typed',
  ngs_coordination: 'is not needed; Mercury makes the changes of a device one after the other by itself. One Mercury for each device',
};
