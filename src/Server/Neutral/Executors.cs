using Switchyard.Core.Text;

namespace Switchyard.Server.Neutral;

/// <summary>The kinds of places this installation has.</summary>
internal static class Executors
{
    /// <summary>What is wrong with the name of one that it does not have.</summary>
    public static Refusal Unknown(string field, string name, IReadOnlyList<string> known) => new(
        RefusalCode.Invalid,
        $"{field}: nothing can run on '{name}' here; this installation has {string.Join(" and ", known)}.{(name == Core.Execution.Place.Slurm ? " Slurm is set up with the setting slurm." : "")}")
    { Field = field };
}
