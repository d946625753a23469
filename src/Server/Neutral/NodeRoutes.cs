using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;
using Switchyard.Core.Plans;
using Switchyard.Core.Runs;
using Switchyard.Core.Storage;
using Switchyard.Core.Text;
using Switchyard.Engine.Nodes;
using Switchyard.Server.Nodes;

namespace Switchyard.Server.Neutral;

/// <summary>What stays the same about a node while it runs.</summary>
/// <param name="KillLevel">How surely an attempt dies whole here; known once the executor is open.</param>
/// <param name="Capacity">What may be in use at once.</param>
public sealed record NodeFacts(string Name, string Version, string Data, Resources Capacity, Func<string> KillLevel);

/// <summary>This node, its health and its numbers.</summary>
internal sealed class NodeRoutes(Desk desk, IEngineStats stats, NodeFacts facts, IReadOnlyList<string> dialects, Func<int> viewers, NodeKeeper? keeper)
{
    private const long LeastFreeBytes = 1 << 20;

    public Task Get(HttpContext http)
    {
        var engine = stats.Read();
        var wire = new NodeWire(
            facts.Name, facts.Version, Environment.ProcessId, facts.KillLevel(), facts.Data, Wire(facts.Capacity), engine.Placed, engine.Waiting, dialects);
        return http.Answer(wire, WireJson.Default.NodeWire);
    }

    /// <summary>All servers of the installation.</summary>
    public async Task List(HttpContext http)
    {
        var nodes = await desk.Store.NodesList(http.RequestAborted).ConfigureAwait(false);
        var leader = await desk.Store.LeaseGet(NodeKeeper.LeaseName, http.RequestAborted).ConfigureAwait(false);
        await http.Answer(new NodePage([.. nodes.Select(node => Wire(node, leader?.Holder))]), WireJson.Default.NodePage).ConfigureAwait(false);
    }

    /// <summary>Closes a node for new work, or opens it again.</summary>
    public async Task Drain(HttpContext http)
    {
        var name = (string)http.Request.RouteValues["name"]!;
        if (!Http.Parse(await http.Body().ConfigureAwait(false), WireJson.Default.DrainRequest).Ok(out var request, out var refusal))
        {
            await http.Refuse(refusal).ConfigureAwait(false);
            return;
        }

        if (!await desk.Store.NodeDrain(name, request.Draining ?? true, http.RequestAborted).ConfigureAwait(false))
        {
            await http.Refuse(Unknown(name)).ConfigureAwait(false);
            return;
        }

        keeper?.Look();
        http.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    /// <summary>Forgets a node that is gone for good.</summary>
    public async Task Forget(HttpContext http)
    {
        var name = (string)http.Request.RouteValues["name"]!;
        var nodes = await desk.Store.NodesList(http.RequestAborted).ConfigureAwait(false);
        if (nodes.FirstOrDefault(node => node.Name == name) is not { } known)
        {
            await http.Refuse(Unknown(name)).ConfigureAwait(false);
            return;
        }

        var grace = keeper?.Grace ?? TimeSpan.Zero;
        if (known.Silence < grace || name == facts.Name)
        {
            var why = FormattableString.Invariant($"name: node {name} was heard of {known.Silence.TotalSeconds:0} s ago; end its server, and forget it once it was silent for {grace.TotalSeconds:0} s: what ran there is given up then.");
            await http.Refuse(new Refusal(RefusalCode.Conflict, why) { Field = "name" }).ConfigureAwait(false);
            return;
        }

        await desk.Store.NodeForget(name, http.RequestAborted).ConfigureAwait(false);
        http.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private static Refusal Unknown(string name) => new(RefusalCode.NotFound, $"There is no node {name}.");

    private ServerWire Wire(NodeRow node, string? leader)
    {
        var said = FactsText.Read(node.Facts);
        return new ServerWire(
            node.Name, node.Url, node.Draining ? "draining" : keeper?.IsSilent(node) == true ? "unreachable" : "alive", node.Name == leader, said.Version, said.Host, said.Pid, said.KillLevel,
            Wire(said.Capacity), node.Since, Math.Round(Math.Max(0, node.Silence.TotalSeconds), 1));
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
        var others = keeper is { Alone: false } ? keeper.Nodes : [];
        Add(text, "leads", "Whether this server leads the installation.", false, keeper is null || keeper.Leader == facts.Name ? 1 : 0);
        Add(text, "nodes_alive", "Servers of the installation that are heard of.", false, keeper is { Alone: false } ? others.Count(node => !keeper.IsSilent(node)) : 1);
        Add(text, "nodes_silent", "Servers of the installation that are not heard of and not forgotten.", false, others.Count(node => keeper!.IsSilent(node)));
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
