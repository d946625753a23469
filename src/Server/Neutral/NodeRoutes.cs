using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;
using Switchyard.Core.Plans;
using Switchyard.Core.Runs;

namespace Switchyard.Server.Neutral;

/// <summary>What stays the same about a node while it runs.</summary>
/// <param name="KillLevel">How surely an attempt dies whole here; known once the executor is open.</param>
/// <param name="Capacity">What may be in use at once.</param>
public sealed record NodeFacts(string Name, string Version, string Data, Resources Capacity, Func<string> KillLevel);

/// <summary>This node, its health and its numbers.</summary>
internal sealed class NodeRoutes(Desk desk, IEngineStats stats, NodeFacts facts, IReadOnlyList<string> dialects, Func<int> viewers)
{
    private const long LeastFreeBytes = 1 << 20;

    public Task Get(HttpContext http)
    {
        var engine = stats.Read();
        var wire = new NodeWire(
            facts.Name, facts.Version, Environment.ProcessId, facts.KillLevel(), facts.Data, Wire(facts.Capacity), engine.Placed, engine.Waiting, dialects);
        return http.Answer(wire, WireJson.Default.NodeWire);
    }

    /// <summary>What the data directory takes; seconds where there are millions of files.</summary>
    public async Task Disk(HttpContext http)
    {
        var parts = await Task.Run(() => DiskUse.Of(facts.Data, http.RequestAborted), http.RequestAborted).ConfigureAwait(false);
        var wire = new DiskWire(facts.Data, FreeBytes(), parts.Sum(part => part.Bytes), [.. parts.Select(part => new DiskPartWire(part.Name, part.Files, part.Bytes))]);
        await http.Answer(wire, WireJson.Default.DiskWire).ConfigureAwait(false);
    }

    /// <summary>The process answers.</summary>
    public static Task Healthy(HttpContext http) => Plain(http, "ok\n");

    /// <summary>The database can be read and written, and there is room to work.</summary>
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

        if (FreeBytes() is < LeastFreeBytes)
        {
            // The database may still fit a small write into room of its own; work does not.
            http.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            await Plain(http, "the disk of the data directory is full\n").ConfigureAwait(false);
            return;
        }

        await Plain(http, "ok\n").ConfigureAwait(false);
    }

    /// <summary>Room on the disk of the data directory; null where the system does not say.</summary>
    private long? FreeBytes()
    {
        try
        {
            return new DriveInfo(facts.Data).AvailableFreeSpace;
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null;
        }
    }

    /// <summary>Prometheus text.</summary>
    public Task Metrics(HttpContext http)
    {
        var text = new StringBuilder();
        var engine = stats.Read();
        Add(text, "runs_submitted_total", "Runs inserted since the start.", true, engine.Submitted);
        Add(text, "runs_ended_total", "Runs ended since the start.", true, engine.Ended);
        Add(text, "attempts_placed_total", "Attempts placed since the start.", true, engine.Attempts);
        Add(text, "runs_living", "Runs that have not ended.", false, engine.LivingRuns);
        Add(text, "attempts_placed", "Attempts that hold capacity.", false, engine.Placed);
        Add(text, "attempts_waiting", "Attempts that wait for capacity.", false, engine.Waiting);
        Add(text, "slots", "Slots of this node.", false, facts.Capacity.Slots);
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

    public static ResourcesWire Wire(Resources resources) => new(resources.Slots, resources.CpuMillis, resources.MemoryMb, resources.Gpus);
}
