#!/usr/bin/env node
// biome-ignore-all lint: this file must parse on any Node, however old; it is what tells its user to get a newer one.
// Old-style JavaScript: no const, no arrow functions, no template strings, no promises.
'use strict';

var path = require('path');
var fs = require('fs');
var childProcess = require('child_process');

var NEEDED = 22;
/** It runs here too, but what it is made of is not tested here by those who make it (Node 20 left support on 2026-04-30). */
var TOLERATED = 20;

function majorOf(version) {
  return parseInt(String(version).replace(/^v/, ''), 10);
}

/** The npm package "node" ships the runtime; a project that has it as a dev dependency has it here. */
function findNewerNode() {
  var name = process.platform === 'win32' ? 'node.exe' : 'node';
  var starts = [process.cwd(), __dirname];
  for (var i = 0; i < starts.length; i += 1) {
    var folder = starts[i];
    for (;;) {
      var candidate = path.join(folder, 'node_modules', 'node', 'bin', name);
      if (fs.existsSync(candidate)) {
        var answer = childProcess.spawnSync(candidate, ['--version'], { encoding: 'utf8' });
        if (answer.status === 0 && majorOf(answer.stdout) >= NEEDED) return candidate;
      }
      var parent = path.dirname(folder);
      if (parent === folder) break;
      folder = parent;
    }
  }
  return undefined;
}

function runWith(node) {
  var args = [__filename].concat(process.argv.slice(2));
  // The channel tells the child when this process is killed: nothing may go on listening behind the user's back.
  var child = childProcess.spawn(node, args, { stdio: ['inherit', 'inherit', 'inherit', 'ipc'], windowsHide: true });
  var signals = process.platform === 'win32' ? ['SIGINT', 'SIGBREAK', 'SIGHUP'] : ['SIGINT', 'SIGTERM', 'SIGHUP'];
  signals.forEach(function (signal) {
    process.on(signal, function () {
      // Windows has no signals between processes: there a console's Ctrl-C reaches the child by itself.
      if (process.platform === 'win32') {
        if (child.connected) child.send('stop');
      } else child.kill(signal);
    });
  });
  process.on('message', function (message) {
    if (child.connected) child.send(message);
  });
  process.on('disconnect', function () {
    if (child.connected) child.disconnect();
  });
  child.on('error', function (error) {
    console.error('crossover cannot run ' + node + ': ' + error.message + '. Install Node ' + NEEDED + ' or later.');
    process.exit(1);
  });
  child.on('exit', function (code, signal) {
    process.exit(signal ? 1 : code);
  });
}

if (majorOf(process.version) >= NEEDED) {
  require('./run.js');
} else {
  var newer = findNewerNode();
  if (newer) runWith(newer);
  else if (majorOf(process.version) >= TOLERATED) {
    console.error(
      'crossover is made for Node ' +
        NEEDED +
        ' or later, and this is ' +
        process.version +
        ', which is out of support; ' +
        'it runs on it all the same. A newer one for this project: npm install --save-dev node@24',
    );
    require('./run.js');
  } else {
    console.error(
      'crossover needs Node ' +
        NEEDED +
        ' or later, and this is ' +
        process.version +
        '. ' +
        'Install a newer Node, or add one to your project: npm install --save-dev node@24',
    );
    process.exit(1);
  }
}
