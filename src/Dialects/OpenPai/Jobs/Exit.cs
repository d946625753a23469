using Switchyard.Core.Runs;

namespace Switchyard.Dialects.OpenPai.Jobs;

/// <summary>How a job ended, in the platform's words.</summary>
/// <param name="Code">The number shown as <c>appExitCode</c>.</param>
/// <param name="Key">The name of that number.</param>
/// <param name="Type">Whose fault it was: SUCCEEDED, TRANSIENT_NORMAL, TRANSIENT_CONFLICT, NON_TRANSIENT, UNKNOWN.</param>
/// <param name="Raw">The program's own code, where a program ended it.</param>
internal sealed record Exit(int Code, string Key, string Type, string Text, int? Raw = null)
{
    private const int Undefined = 177;

    /// <summary>The end of an ended job.</summary>
    /// <param name="run">The run.</param>
    /// <param name="asServer">Whether an ordinary failure shows as 177, as the real server had it, or by its own code.</param>
    public static Exit Of(RunRow run, bool asServer) => run switch
    {
        { State: RunState.Succeeded or RunState.SucceededWithFailures } => new(0, "SUCCEEDED", "SUCCEEDED", ""),
        { State: RunState.Cancelled } => new(214, "STOP_FRAMEWORK_REQUESTED", "NON_TRANSIENT", "UserApplication killed due to StopFrameworkRequest"),
        { Reason.Code: ReasonCode.ResourceTimeout } => new(215, "GANG_ALLOCATION_TIMEOUT", "TRANSIENT_CONFLICT", run.Reason.Text),
        { Reason.Code: ReasonCode.TooLarge } => new(184, "RESOURCE_REQUEST_EXCEEDS_MAXIMUM", "NON_TRANSIENT", run.Reason.Text),
        { Reason.Code: ReasonCode.HostLost } => new(189, "CONTAINER_ABORTED", "TRANSIENT_NORMAL", run.Reason.Text),
        _ => run.ExitCode switch
        {
            JobPlanner.TransientExit => new(JobPlanner.TransientExit, "USER_APP_TRANSIENT_ERROR", "TRANSIENT_NORMAL", run.Reason.Text, run.ExitCode),
            JobPlanner.FinalExit => new(JobPlanner.FinalExit, "USER_APP_NON_TRANSIENT_ERROR", "NON_TRANSIENT", run.Reason.Text, run.ExitCode),
            null => new(Undefined, "LAUNCHER_EXIT_STATUS_UNDEFINED", "UNKNOWN", run.Reason.Text),
            { } code => new(asServer ? Undefined : code, "LAUNCHER_EXIT_STATUS_UNDEFINED", "UNKNOWN", run.Reason.Text, code),
        },
    };

    /// <summary>The text in the layout that clients pick it apart by.</summary>
    public string Diagnostics(string? container, string notes)
    {
        var raw = Raw is { } code ? $"<Raw>[ExitCode]: {code}\n<Raw>[ExitDiagnostics]:\n{Text}\n{(container is null ? "" : $"\"containerId\" : \"{container}\"\n")}" : "";
        return $"[ExitStatus]: {Key}\n[ExitCode]: {Code}\n[ExitDiagnostics]:\n{Text}\n[ExitType]: {Type}\n{new string('_', 200)}\n[ExitCustomizedDiagnostics]:\n{raw}{notes}";
    }
}
