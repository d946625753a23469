using System.Text;
using System.Text.Json.Serialization;

namespace Switchyard.Core.Plans;

/// <summary>
/// A text made of segments, each literal or a reference to something known only when an attempt starts. A dialect
/// compiles its own syntax (<c>{{tasks.a.values.n}}</c>) into bindings.
/// </summary>
public sealed record Binding(IReadOnlyList<Segment> Segments)
{
    /// <summary>A text without references.</summary>
    public static Binding Literal(string text) => new([new Segment(text)]);

    /// <summary>A single reference.</summary>
    public static Binding Of(Reference reference) => new([new Segment(null, reference)]);

    /// <summary>True when nothing in it has to be resolved.</summary>
    [JsonIgnore]
    public bool IsLiteral => Segments.All(segment => segment.Reference is null);

    /// <summary>
    /// The text, with each reference replaced by what <paramref name="values"/> says; null, with the reason, when one
    /// cannot be resolved.
    /// </summary>
    public string? Resolve(IBindingValues values, out string? problem)
    {
        problem = null;
        if (Segments is [{ Reference: null, Text: var only }])
            return only ?? "";
        var text = new StringBuilder();
        foreach (var segment in Segments)
        {
            if (segment.Reference is null)
            {
                text.Append(segment.Text);
                continue;
            }

            if (values.Find(segment.Reference) is not { } value)
            {
                problem = $"{segment.Reference} is not known";
                return null;
            }

            text.Append(value);
        }

        return text.ToString();
    }
}

/// <summary>A literal text or a reference: exactly one of the two is set.</summary>
public sealed record Segment(string? Text, Reference? Reference = null);

/// <summary>Something known only when an attempt starts.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Task">The key of the task it belongs to, where it belongs to one.</param>
/// <param name="Name">Which of its kind: a value's key, a parameter's name, a path into an input, a time format.</param>
public sealed record Reference(ReferenceKind Kind, string? Task = null, string? Name = null)
{
    public override string ToString() => (Task, Name) switch
    {
        (null, null) => $"{Kind}",
        (null, _) => $"{Kind} '{Name}'",
        (_, null) => $"{Kind} of task '{Task}'",
        _ => $"{Kind} '{Name}' of task '{Task}'",
    };
}

/// <summary>What a reference points at.</summary>
public enum ReferenceKind
{
    /// <summary>A value that another task set.</summary>
    TaskValue,

    /// <summary>How another task ended, in Core's words; a dialect may name a mapping in <c>Name</c>.</summary>
    TaskState,

    /// <summary>The attempt id of another task.</summary>
    TaskAttemptId,

    /// <summary>The attempt number of another task, counted from 1.</summary>
    TaskAttemptNumber,

    /// <summary>A parameter of the run.</summary>
    Parameter,

    /// <summary>The element of a for-each, or a member of it by path.</summary>
    Input,

    /// <summary>This attempt's number, counted from 1; from 0 if <c>Name</c> is <c>from_zero</c>.</summary>
    AttemptNumber,

    /// <summary>This attempt's id.</summary>
    AttemptId,

    /// <summary>This attempt's own directory.</summary>
    AttemptDirectory,

    /// <summary>This task's key.</summary>
    TaskKey,

    /// <summary>This instance's index.</summary>
    InstanceIndex,

    /// <summary>The run's id; sixteen digits if <c>Name</c> is <c>D16</c>, a UUID if it is <c>uuid</c>.</summary>
    RunId,

    /// <summary>The job's id.</summary>
    JobId,

    /// <summary>The job's name.</summary>
    JobName,

    /// <summary>How often the run was repaired.</summary>
    RepairCount,

    /// <summary>The trigger's kind.</summary>
    TriggerKind,

    /// <summary>The run's start time; <c>Name</c> picks a part (<c>iso_date</c>, <c>year</c>, ...).</summary>
    StartTime,

    /// <summary>The trigger's time; <c>Name</c> picks a part.</summary>
    TriggerTime,

    /// <summary>The host of an allocation, or of an instance of a gang: <c>Task</c> and, as <c>Name</c>, its index (this one's without both).</summary>
    AllocationHost,

    /// <summary>Ports of an instance of a gang: <c>Name</c> is <c>label</c> for all of this instance's, <c>label/first</c> for the first, <c>label@index</c> for another instance's of <c>Task</c>.</summary>
    AllocationPort,

    /// <summary>The loopback address of its node that the service <c>Task</c> is reached at.</summary>
    ServiceAddress,

    /// <summary>Indices of the GPUs this instance holds, with commas; empty for none.</summary>
    AllocationGpus,

    /// <summary>Absolute directory of this program's task runtime.</summary>
    RuntimeDirectory,

    /// <summary>The Python found on the node for this purpose (<c>Name</c>).</summary>
    Python,

    /// <summary>A secret that the installation keeps (<c>Name</c>); empty when it keeps it no longer. It stands in no plan, and is masked in what the attempt writes.</summary>
    Secret,
}

/// <summary>Where bindings get their values.</summary>
public interface IBindingValues
{
    /// <summary>The value, or null when it is not known.</summary>
    string? Find(Reference reference);
}
