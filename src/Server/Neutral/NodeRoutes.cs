using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;
using Switchyard.Core.Plans;
using Switchyard.Core.Runs;

namespace Switchyard.Server.Neutral;

/// <summary>What stays the same about a node while it runs.</summary>
/// <param name="KillLevel">How surely an attempt dies whole here.</param>
public sealed record NodeFacts(string Name, string Version, string KillLevel, string Data);

/// <summary>This node, its health and its numbers.</summary>
internal sealed class NodeRoutes(Desk desk, IEngineStats stats, NodeFacts facts, IReadOnlyList<string> dialects, Func<int> viewers)
{
    public Task Get(HttpContext http) => http.Answer(
        new NodeWire(facts.Name, facts.Version, Environment.ProcessId, facts.KillLevel, facts.Data, Wire(stats.Capacity), Wire(stats.InUse), dialects), WireJson.Default.NodeWire);

    /// <summary>The process answers.</summary>
    public static Task Healthy(HttpContext http) => Plain(http, "ok\n");

    /// <summary>The database can be read and written.</summary>
    public async Task Ready(HttpContext http)
    {
        try
        {
            await desk.Store.Check(http.RequestAborted).ConfigureAwait(false);
        }
        catch (Exception) when (!http.RequestAborted.IsCancellationRequested)
        {
            // Anybody may ask: what is wrong stands in the log of whoever needs the database.
            http.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            await Plain(http, "the database cannot be used\n").ConfigureAwait(false);
            return;
        }

        await Plain(http, "ok\n").ConfigureAwait(false);
    }

    /// <summary>Prometheus text.</summary>
    public Task Metrics(HttpContext http)
    {
        var text = new StringBuilder();
        foreach (var stat in stats.Read())
            Add(text, stat.Name, stat.Text, stat.Counts, stat.Value);
        Add(text, "slots", "Slots of this node.", false, stats.Capacity.Slots);
        Add(text, "slots_in_use", "Slots held by placed attempts.", false, stats.InUse.Slots);
        Add(text, "feed_viewers", "Connections that watch the live feed.", false, viewers());
        Add(text, "process_resident_bytes", "Resident memory of the server.", false, Environment.WorkingSet);
        Add(text, "process_cpu_seconds_total", "Processor time of the server.", true, Environment.CpuUsage.TotalTime.TotalSeconds);
        Add(text, "gc_heap_bytes", "Managed heap of the server.", false, GC.GetTotalMemory(false));
        text.Append("# HELP switchyard_info What runs here.\n# TYPE switchyard_info gauge\n")
            .Append(CultureInfo.InvariantCulture, $"switchyard_info{{version=\"{facts.Version}\",node=\"{facts.Name}\"}} 1\n");
        http.Response.ContentType = "text/plain; version=0.0.4; charset=utf-8";
        return http.Response.WriteAsync(text.ToString(), http.RequestAborted);
    }

    private static void Add(StringBuilder text, string name, string help, bool counts, double value) =>
        text.Append(CultureInfo.InvariantCulture, $"# HELP switchyard_{name} {help}\n# TYPE switchyard_{name} {(counts ? "counter" : "gauge")}\nswitchyard_{name} {value}\n");

    private static Task Plain(HttpContext http, string text)
    {
        http.Response.ContentType = "text/plain; charset=utf-8";
        return http.Response.WriteAsync(text, http.RequestAborted);
    }

    private static ResourcesWire Wire(Resources resources) => new(resources.Slots, resources.CpuMillis, resources.MemoryMb, resources.Gpus);
}
