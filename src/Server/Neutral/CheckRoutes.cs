using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Switchyard.Core.Text;
using Switchyard.Core.Users;
using Switchyard.Dialects.Edge;

namespace Switchyard.Server.Neutral;

/// <summary>Settings of any dialect, looked at before they are sent.</summary>
internal sealed class CheckRoutes(Desk desk, NeutralPlanner planner)
{
    /// <summary>What making a job, or a run, of settings would refuse. Nothing is made.</summary>
    public async Task Check(HttpContext http)
    {
        if (!(await Desk.Read(http, WireJson.Default.CheckRequest).ConfigureAwait(false)).Ok(out var asked, out var refusal)
            || !(await Problem(asked, http.Caller(), http.RequestAborted).ConfigureAwait(false)).Ok(out var found, out refusal))
            await http.Refuse(refusal).ConfigureAwait(false);
        else
            await http.Answer(new CheckWire([.. found.Select(problem => new ProblemWire(problem.Message, problem.Field))]), WireJson.Default.CheckWire).ConfigureAwait(false);
    }

    private async Task<Result<IReadOnlyList<Refusal>>> Problem(CheckRequest asked, Caller caller, CancellationToken stop)
    {
        if (asked.Kind is not (null or "job" or "run"))
            return Http.Invalid("use job or run", "kind");
        if (asked.Settings is not { ValueKind: JsonValueKind.Object } settings)
            return Http.Invalid("an object is expected", "settings");
        var once = asked.Kind == "run";
        if (asked.Dialect == NeutralDialect.DialectName)
        {
            if (!planner.Read(Encoding.UTF8.GetBytes(settings.GetRawText()), caller.UserId).Ok(out var compiled, out var wrong))
                return new List<Refusal> { wrong };
            return once && compiled.Settings.Schedule is not null ? [Http.Invalid("a one-time run has no schedule", "schedule")] : new List<Refusal>();
        }

        if (asked.Dialect is null || !desk.Guides.TryGetValue(asked.Dialect, out var guide))
            return Http.Invalid($"use one of {string.Join(", ", desk.Guides.Keys.Prepend(NeutralDialect.DialectName))}", "dialect");
        return await guide.Check(JsonObject.Create(settings)!, once, caller, stop).ConfigureAwait(false) is { } problem ? new List<Refusal> { problem } : new List<Refusal>();
    }
}

internal sealed record CheckRequest
{
    public string? Dialect { get; init; }

    /// <summary><c>job</c> or <c>run</c>; a job where nothing is said.</summary>
    public string? Kind { get; init; }
    public JsonElement? Settings { get; init; }
}

internal sealed record CheckWire(IReadOnlyList<ProblemWire> Problems);

internal sealed record ProblemWire(string Message, string? Field);
