// Stands in for the shell: scripted answers by the state in the address. Not shipped.
(() => {
  const query = new URLSearchParams(location.search);
  const state = query.get('state') || 'home';
  const fail = query.get('fail');
  const now = Date.UTC(2026, 10, 23, 3, 28);
  const offset_min = 330;
  const minute = 60_000;

  const sync = (kind, more) => ({ state: kind, total: 0, done: 0, last_good_ms: now - 4 * minute, offset_min, next_try_ms: null, ...more });
  const phases = { activate: 'not_activated', 'activate-noserver': 'not_activated', activating: 'activating', approval: 'awaiting_approval', unlock: 'locked', 'unlock-wrong': 'locked', 'unlock-wait': 'locked', destroyed: 'destroyed', revoked: 'revoked', wiped: 'wiped', suspended: 'suspended', lease: 'lease_ended', forgot: 'locked', keystore: 'no_keystore' };
  const waits = ['saved', 'sending', 'home-offline', 'unlock', 'unlock-wrong', 'unlock-wait', 'destroyed', 'revoked', 'suspended', 'lease', 'forgot', 'locating'].includes(state);
  const status = {
    phase: phases[state] || 'unlocked', name: 'Ravi Patil', company: 'Sahyadri Foods', device_short: 'K7QM-3F9D',
    fingerprint: state === 'approval' ? 'K7QM-3F9D-X2TA-90BC-VW4E-JR18' : null,
    waiting: waits ? (state === 'saved' ? 1 : 2) : 0, attention: ['parked'].includes(state) ? 2 : 0,
    tries_left: state === 'unlock-wrong' ? 7 : state === 'unlock-wait' ? 5 : 10, wait_ms: state === 'unlock-wait' ? 58_000 : 0,
    pin_digits: query.get('digits') === 'range' ? [4, 8] : [6, 6],
    sync: ['home-offline', 'saved', 'locating'].includes(state) ? sync('offline', { next_try_ms: 42_000 }) : state === 'sending' ? sync('sending', { total: 3, done: 1 }) : state === 'revoked' ? sync('revoked') : sync('all_sent'),
    language: query.get('lang') || 'en', theme: query.get('theme') || 'light',
    store_was_damaged: state === 'damaged', ended: ['revoked', 'wiped'].includes(state) ? query.get('ended') || 'revoked' : null, default_server: state === 'activate-noserver' ? '' : 'https://attendance.sahyadri.example',
  };
  if (['activate', 'activate-noserver'].includes(state)) Object.assign(status, { name: '', company: '', device_short: '' });

  const spot = { site: 'Bhosari plant', distance_m: 38, accuracy_m: 12, radius_m: 100 };
  const places = {
    locating: { place: 'locating' }, outside: { place: 'outside', ...spot, distance_m: 412, accuracy_m: 25 },
    uncertain: { place: 'uncertain', ...spot, distance_m: 96, accuracy_m: 22 }, unverified: { place: 'none', reason: 'deadline' },
  };
  const entry = (more) => ({
    id: 'e1', action: 'check_in', wall_ms: now, offset_min, day: '2026-11-23', step: 'saved', time: { trust: 'within', tolerance_ms: 3000 },
    number: 214, short_hash: '7F3A-09C2', place: { place: 'inside', ...spot }, confirmed_ms: null, withdrawn: false, undo_ms: 0, alarm: false, ...more,
  });
  const step = { confirmed: 'confirmed', sending: 'sending', unverified: 'confirmed', outside: 'confirmed', parked: 'parked', onbreak: 'confirmed' }[state] || 'saved';
  let latest = null;
  if (['locating', 'saved', 'sending', 'confirmed', 'unverified', 'outside', 'uncertain', 'parked', 'withdrawn', 'onbreak'].includes(state)) {
    latest = entry({
      step, place: places[state] || entry().place, undo_ms: ['saved', 'locating'].includes(state) ? 74_000 : 0, withdrawn: state === 'withdrawn',
      confirmed_ms: step === 'confirmed' ? now + 2 * minute : null, time: state === 'unverified' ? { trust: 'unverified' } : entry().time,
      action: state === 'onbreak' ? 'break_start' : 'check_in',
    });
  }
  const shift = { name: 'Morning', start_min: 540, end_min: 1050, day: '2026-11-23' };
  const home = () => ({
    form_id: `f${Math.random()}`, now_ms: now, offset_min, name: 'Ravi Patil', shift: state === 'home-empty' ? null : shift,
    next: state === 'onbreak' ? 'break_end' : latest && !latest.withdrawn ? 'check_out' : 'check_in', also: state === 'onbreak' ? ['check_out'] : latest && !latest.withdrawn ? ['break_start'] : [],
    latest, forgotten: state === 'home-forgotten' ? entry({ id: 'e0', day: '2026-11-20', wall_ms: now - 3 * 86_400_000 }) : null,
    site: state === 'home-empty' ? null : { name: 'Bhosari plant', radius_m: 100 },
    location: { 'home-noconsent': 'no_consent', 'home-nogps': 'no_gps', 'home-denied': 'denied', confirmed: 'no_gps' }[state] || 'ready', notice_version: '2026-11',
  });
  const days = () => [
    entry({ step: 'confirmed', confirmed_ms: now + minute }),
    entry({ id: 'e2', action: 'break_start', wall_ms: now + 240 * minute, number: 215, short_hash: '11B0-77E4', step: 'confirmed', place: { place: 'none', reason: 'skipped' } }),
    entry({ id: 'e3', action: 'break_end', wall_ms: now + 270 * minute, number: 216, short_hash: 'A3C9-02D1', step: 'confirmed', time: { trust: 'unverified' }, place: { place: 'uncertain', ...spot, distance_m: 96, accuracy_m: 22 } }),
    entry({ id: 'e4', action: 'check_out', wall_ms: now + 300 * minute, number: 217, short_hash: 'D00F-41AA', withdrawn: true }),
    entry({ id: 'e5', action: 'check_out', wall_ms: now + 512 * minute, number: 219, short_hash: '5E20-C4B7' }),
  ];
  const me = { name: 'Ravi Patil', company: 'Sahyadri Foods', role: 'employee', fingerprint: 'K7QM-3F9D-X2TA-90BC-VW4E-JR18', device_name: 'Redmi 12', location_consent: true, notice_version: '2026-11', lock_after_min: 2, app_version: '0.1.0', server: 'attendance.sahyadri.example' };
  const attention = () => [{ id: 'a1', reason: 'conflict', entry: entry({ step: 'parked' }) }, { id: 'a2', reason: 'validation', entry: null }];

  const device = (name, kind, device_state, heard_ago_min, is_this) => ({ name, kind, state: device_state, last_heard_ms: now - heard_ago_min * minute, offset_min, heard_ago_min, is_this });
  const devices = () => [device('Redmi 12', 'phone', 'active', 0, true), device('Gate computer', 'desktop', 'active', 190, false), device('Old Samsung', 'phone', 'replaced', 61_000, false)];

  const listeners = [];
  const emit = (what) => listeners.forEach((id) => window[`_${id}`]?.({ event: 'bizmitra://changed', id, payload: { what } }));
  const answers = {
    get_status: () => ({ ...status }),
    check_code: () => ({ company: 'Sahyadri Foods', name: 'Ravi Patil', needs_approval: true, min_digits: 6, max_digits: 6, notice_version: '2026-11' }),
    check_pin: ({ pin }) => (pin.length < 6 ? 'too_short' : pin === '123456' ? 'run' : null),
    activate: () => Object.assign(status, { phase: 'unlocked', name: 'Ravi Patil', company: 'Sahyadri Foods', device_short: 'K7QM-3F9D' }),
    unlock: ({ pin }) => {
      if (pin.startsWith('9')) { status.tries_left -= 1; return { outcome: 'wrong', tries_left: status.tries_left, wait_ms: 0 }; }
      status.phase = 'unlocked';
      return { outcome: 'open' };
    },
    lock: () => Object.assign(status, { phase: 'locked' }),
    get_home: home,
    tap: ({ action, without_location }) => {
      latest = entry({ id: `t${Math.random()}`, action, undo_ms: 90_000, place: without_location ? { place: 'none', reason: 'skipped' } : { place: 'locating' } });
      return latest;
    },
    skip_location: () => (latest = { ...latest, place: { place: 'none', reason: 'skipped' } }),
    undo: () => (latest = { ...latest, withdrawn: true, undo_ms: 0 }),
    get_day: ({ day }) => ({ day: day || '2026-11-23', today: '2026-11-23', shift, entries: day || !latest && location.hash !== '#/history' ? [] : days(), worked_min: day ? 0 : 482, planned_min: 510 }),
    get_attention: () => (state === 'parked' ? attention() : []),
    retry_item: () => [],
    export_item: () => '{"v":1,"kind":"check_in","number":214,\n "hash":"7f3a09c2…"}',
    get_me: () => me,
    get_devices: () => devices(),
    change_pin: ({ current }) => (current.startsWith('9') ? { outcome: 'wrong', tries_left: 9, wait_ms: 0 } : { outcome: 'open' }),
    set_appearance: ({ language, theme }) => Object.assign(status, { language, theme }),
    set_location_consent: ({ given }) => Object.assign(me, { location_consent: given }),
    sync_now: () => ({ ...status }),
  };
  const quiet = ['get_status', 'get_home', 'get_day', 'get_me', 'get_attention', 'get_devices', 'check_pin'];
  let last = 0;
  window.__TAURI_INTERNALS__ = {
    transformCallback: (callback) => { last += 1; window[`_${last}`] = callback; return last; },
    invoke: async (name, payload) => {
      if (name === 'plugin:event|listen') { listeners.push(payload.handler); return last; }
      if (fail && !quiet.includes(name)) throw { code: fail, message: 'scripted' };
      return JSON.parse(JSON.stringify(answers[name](payload.args)));
    },
  };
  window.mock = { status, emit };

  const wait = (ms) => new Promise((done) => setTimeout(done, ms));
  addEventListener('load', async () => {
    if (query.get('text')) document.documentElement.style.fontSize = `${query.get('text')}%`;
    for (const word of (query.get('script') || '').split(',').filter(Boolean)) {
      await wait(120);
      for (let tries = 0; tries < 50 && !document.querySelector('[data-phase]:not([data-phase="opening"])'); tries += 1) await wait(20);
      if (word.startsWith('text:')) {
        const field = document.querySelector('[data-testid="code-input"]');
        field.value = word.slice(5);
        field.dispatchEvent(new Event('input', { bubbles: true }));
      } else if (word.startsWith('press:')) {
        dispatchEvent(new KeyboardEvent('keydown', { key: word.slice(6), bubbles: true }));
      } else if (word.startsWith('emit:')) {
        emit(word.slice(5));
      } else if (word === 'back') {
        history.back();
      } else {
        document.querySelector(`[data-testid="${word}"]`).click();
      }
    }
  });
})();
