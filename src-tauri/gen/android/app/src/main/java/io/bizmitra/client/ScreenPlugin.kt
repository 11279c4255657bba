package io.bizmitra.client

import android.app.Activity
import android.content.BroadcastReceiver
import android.content.Context
import android.content.Intent
import android.content.IntentFilter
import app.tauri.annotation.Command
import app.tauri.annotation.InvokeArg
import app.tauri.annotation.TauriPlugin
import app.tauri.plugin.Channel
import app.tauri.plugin.Invoke
import app.tauri.plugin.JSObject
import app.tauri.plugin.Plugin

@InvokeArg
class WatchArgs {
  lateinit var off: Channel
}

/** Says when the screen goes off: then the vault is locked at once. */
@TauriPlugin
class ScreenPlugin(private val activity: Activity) : Plugin(activity) {
  private var receiver: BroadcastReceiver? = null

  @Command
  fun watch(invoke: Invoke) {
    val args = invoke.parseArgs(WatchArgs::class.java)
    val context = activity.applicationContext
    receiver?.let { context.unregisterReceiver(it) }
    receiver = object : BroadcastReceiver() {
      override fun onReceive(context: Context, intent: Intent) {
        args.off.send(JSObject())
      }
    }
    // Only the system can send this one, so it needs no export flag; a manifest cannot ask for it.
    context.registerReceiver(receiver, IntentFilter(Intent.ACTION_SCREEN_OFF))
    invoke.resolve()
  }
}
