"""Picks a vegetable and a fruit, by the parameters of the pipeline and of this step, and hands both on."""
import orchest

# Get the parameters of the current step and the pipeline.
fruit = orchest.get_step_param("fruit")               # "apple", unless the job says otherwise
vegetable = orchest.get_pipeline_param("vegetable")   # "carrot"

# The pipeline has a parameter "fruit" too: neither hides the other.
print(f"picked {vegetable} and {fruit}; the pipeline's own fruit is {orchest.get_pipeline_param('fruit')}")
orchest.output([vegetable, fruit], name="basket")
