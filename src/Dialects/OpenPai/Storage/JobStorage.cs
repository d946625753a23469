using Switchyard.Core.Text;
using Switchyard.Core.Users;
using Switchyard.Dialects.Edge;
using Switchyard.Dialects.OpenPai.Jobs;
using Switchyard.Dialects.OpenPai.Wire;

namespace Switchyard.Dialects.OpenPai.Storage;

/// <summary>What a job does with the store when it is submitted.</summary>
internal sealed class JobStorage(OpenPaiOptions options, StoreFiles files, StoreRights rights)
{
    /// <summary>
    /// Why a job may not name its directories, or null: the code directory is copied and the file for the registry read
    /// for the task, and that must not be done for somebody who may not read them. What a task reads later is the task's, which runs with the server's rights.
    /// </summary>
    public async Task<Reply?> Problem(JobConfig job, string user, Caller caller, CancellationToken stop)
    {
        var addresses = new Addresses(options, user, job.Name);
        foreach (var (field, address) in new[] { ("codeDir", job.CodeDir), ("dataDir", job.DataDir), ("outputDir", job.OutputDir), ("authFile", job.AuthFile) })
        {
            if (addresses.Problem(address) is { } problem)
                return Reply.Invalid($"child \"{field}\" fails because [\"{field}\" {problem}]");
            foreach (var place in addresses.Places(address))
            {
                if (!await rights.MayRead(caller, place, stop))
                    return Reply.Forbidden($"User {caller.Name} is not allowed to use {field} {PathParts.Short(address)}: it lies in the folder of {await rights.Owner(place, stop)}. Use a shared folder, or your own.");
            }
        }

        return null;
    }

    /// <summary>Makes the output directory of a job that names none.</summary>
    public Refusal? MakeOutput(string user, string job)
    {
        if (!PathParts.Parse($"/Output/{user}/{job}", "/Output", 255).Ok(out var place, out var refusal))
            return refusal;
        return files.Make(place, 0x1ED) switch   // 0755
        {
            TreeFault.None => null,
            TreeFault.Full => new Refusal(RefusalCode.Unavailable, "The disk is full, and the job's output directory could not be made. It goes on when there is room."),
            _ => new Refusal(RefusalCode.Unavailable, $"The job's output directory /Output/{user}/{job} could not be made in the store. Name another with outputDir, or see what stands there."),
        };
    }
}
